"""Conflict-learning search for one environment: pins, or a proof that there are none.

These are PubGrub's rules (conflict-driven clause learning with reasons kept) over finite domains. Every slot
is a variable whose values are "absent" and the versions of its package: bit 0 of a mask means absent, bit
``n`` version ``n``. A term "the slot's value is in this mask" and its negation are both plain masks, so
positive and negative terms need no separate cases, and a clause is a list of terms that may not all hold.

The solver knows nothing of packages, markers or Python; :class:`Problem` tells it what a value demands.
The order of its choices is part of the promise about answers: see :class:`Band`.
"""

from bisect import bisect_left
from collections.abc import Callable, Iterable, Iterator, Mapping
from enum import IntEnum
from heapq import heappop, heappush
from typing import Final, Protocol, TypeAlias

from detent.named import NamedTuple

Slot: TypeAlias = str
"""`name`, or `name[extra]` for what an extra adds; :data:`ROOT` for the project."""

ROOT: Final = "."
_ROOT_VALUE = 1
_PRESENT = 2
"""The mask of the root slot: its one value."""

_PATIENCE = 5
"""Refusals after which a slot is promoted, or demoted when it caused them."""
_DIRECT_PATIENCE = 50
"""The same for what the project itself asks for. Until then direct requirements are chosen first, in file
order, which makes the answer the best one: none can be newer unless an earlier one gets older. A package
whose every version is refused by one careless new release is worth more than that rule."""
_ROUNDS_PER_LOOK = 4
"""How often the clock is looked at."""
_MOST_COMPARED = 200
"""Values of one slot among which the one most demands agree on is looked for."""
_MOST_IDLE = 32
"""Clauses of one slot that tell nothing any more and are looked at all the same."""


class Band(IntEnum):
    """When a slot is decided; inside a band, the one met first."""

    FORCED = 0
    """One value is left: deciding it is no choice."""
    URGENT = 1
    """A direct requirement refused again and again."""
    DIRECT = 2
    """Asked for by the project."""
    PROMOTED = 3
    """Refused again and again by what was decided before it."""
    SEEN = 4
    """Everything else, breadth first."""
    DEMOTED = 5
    """Refused others again and again; last, or it would be decided the same way at once."""


class Clause:
    """Terms that may not all hold, and why: a fact of the problem, or the two clauses it was learned from."""

    __slots__ = ("fact", "left", "right", "terms")

    def __init__(
        self,
        terms: tuple[tuple[Slot, int], ...],
        fact: object,
        *,
        left: "Clause | None" = None,
        right: "Clause | None" = None,
    ) -> None:
        self.terms = terms
        self.fact = fact
        self.left = left
        self.right = right


class NoAnswer(Exception):
    """There is no solution; ``proof`` is a clause learned from facts alone that nothing can satisfy."""

    def __init__(self, proof: Clause) -> None:
        super().__init__("no solution")
        self.proof = proof


class OutOfTime(Exception):
    """The search was told to stop; the two slots that refused each other most are named."""

    def __init__(self, first: Slot, second: Slot) -> None:
        super().__init__("the search took too long")
        self.first = first
        self.second = second


class Problem(Protocol):
    """What the solver asks. Any method may raise to abandon the search."""

    def domain(self, slot: Slot) -> int:
        """Give every value the slot may take; bit 0, absent, is one of them."""

    def is_direct(self, slot: Slot) -> bool:
        """Say whether the project itself asks for the slot."""

    def choose(self, slot: Slot, mask: int, decided: Mapping[Slot, int]) -> int:
        """Pick the best value of the mask (absent is not in it)."""

    def is_costly(self, slot: Slot, value: int) -> bool:
        """Say whether to learn what the value demands may take seconds."""

    def clauses(self, slot: Slot, value: int) -> Iterable[Clause]:
        """Give what the value demands; asked once per value."""

    def refused(self, slot: Slot, value: int, clause: Clause) -> None:
        """Hear that the value just chosen is refused by a clause under the decisions so far."""


class _Step(NamedTuple):
    """One narrowing of a domain, in the order they happened."""

    slot: Slot
    mask: int
    """What is left of the domain."""
    level: int
    cause: Clause | None
    """``None`` for a decision."""


class Solver:
    """One search. :meth:`solve` is called once."""

    def __init__(self, problem: Problem, *, is_late: Callable[[int], bool] | None = None) -> None:
        """``is_late`` says whether to stop, being told how many slots are decided."""
        self._problem = problem
        self._is_late = is_late
        self.decided: dict[Slot, int] = {}
        self.rounds = 0
        self.conflicts = 0
        self._most_decided = 0
        self._full: dict[Slot, int] = {ROOT: _PRESENT | 1}
        self._now: dict[Slot, int] = {ROOT: _PRESENT | 1}
        self._for_good: dict[Slot, int] = {ROOT: _PRESENT | 1}
        """The domains as far as no decision narrowed them."""
        self._steps: list[_Step] = []
        self._steps_of: dict[Slot, list[int]] = {ROOT: []}
        self._clauses_of: dict[Slot, list[Clause]] = {ROOT: []}
        self._idle_of: dict[Slot, list[Clause]] = {}
        self._met: dict[Slot, int] = {ROOT: -1}
        self._band: dict[Slot, Band] = {ROOT: Band.FORCED}
        self._level = 1
        self._required: set[Slot] = set()
        self._waiting: list[tuple[tuple[int, int], Slot]] = []
        self._queue: list[Slot] = []
        self._asked: set[tuple[Slot, int]] = set()
        self._refusals: dict[Slot, int] = {}
        self._blame: dict[Slot, int] = {}
        self._quarrels: dict[tuple[Slot, Slot], int] = {}
        self._to_demote: list[Slot] = []

    def solve(self) -> dict[Slot, int]:
        """Give the value of every slot that is needed; raises :class:`NoAnswer` or :class:`OutOfTime`."""
        self.decided[ROOT] = _ROOT_VALUE
        self._assign(ROOT, _PRESENT, None)
        for clause in self._problem.clauses(ROOT, _ROOT_VALUE):
            self._add(clause)
        while True:
            self._propagate()
            self._demote_the_blamed()
            slot = self._next_slot()
            if slot is None:
                del self.decided[ROOT]
                return self.decided
            self.rounds += 1
            if self.rounds % _ROUNDS_PER_LOOK == 0 and self._is_late is not None:
                self._most_decided = max(self._most_decided, len(self.decided))
                if self._is_late(self._most_decided):
                    raise OutOfTime(*self._worst_quarrel())
            self._decide(slot)

    def met(self, slot: Slot) -> int:
        """Say in which place the slot was met (the root is -1); unknown ones come last."""
        return self._met.get(slot, len(self._met))

    def most_agreed(self, slot: Slot, mask: int) -> int:
        """Give the value of a mask that most demands met so far allow, the highest of several; 0: none."""
        refusals: dict[int, int] = {}
        for clause in self._every_clause_of(slot):
            if clause.left is None and len(clause.terms) > 1:
                refused = next(mask for other, mask in clause.terms if other == slot)
                # What a version of the slot demands itself says nothing about who wants that version.
                if refused & 1:
                    refusals[refused] = refusals.get(refused, 0) + 1
        best = fewest = 0
        for _ in range(min(mask.bit_count(), _MOST_COMPARED)):
            value = mask.bit_length() - 1
            mask ^= 1 << value
            count = sum(often for refused, often in refusals.items() if refused >> value & 1)
            if not best or count < fewest:
                best, fewest = value, count
        return best

    def against(self, slot: Slot, value: int) -> Iterator[tuple[int, list[Clause]]]:
        """Give each clause that rules a value out beside the answer that was found.

        What is given is the values of the slot it rules out, and the clause with all that led to it.
        """
        now = self._now
        for clause in self._every_clause_of(slot):
            mask = next(mask for other, mask in clause.terms if other == slot)
            others = [term for term in clause.terms if term[0] != slot]
            if mask >> value & 1 and all(now[other] & part == now[other] for other, part in others):
                yield mask, [clause, *self._causes(others)]

    def _causes(self, terms: Iterable[tuple[Slot, int]]) -> Iterator[Clause]:
        """Give the clauses that made terms hold; of a decision, those that made the slot needed."""
        waiting = list(terms)
        seen: set[tuple[Slot, int]] = set()
        while waiting:
            slot, mask = waiting.pop()
            if (slot, mask) in seen:
                continue
            seen.add((slot, mask))
            cause = self._steps[self._since(slot, mask)].cause
            if cause is None:
                if slot != ROOT:
                    waiting.append((slot, self._full[slot] & ~1))
                continue
            yield cause
            waiting += [term for term in cause.terms if term[0] != slot]
            rest = mask | next(part for other, part in cause.terms if other == slot)
            if rest != self._full[slot]:
                waiting.append((slot, rest))

    # ---- domains and clauses -------------------------------------------------------------

    def _meet(self, slot: Slot) -> None:
        full = self._problem.domain(slot)
        self._full[slot] = full
        self._now[slot] = self._for_good[slot] = full
        self._steps_of[slot] = []
        self._clauses_of[slot] = []
        self._met[slot] = len(self._met) - 1
        self._band[slot] = Band.DIRECT if self._problem.is_direct(slot) else Band.SEEN

    def _add(self, clause: Clause) -> None:
        for slot, _ in clause.terms:
            if slot not in self._full:
                self._meet(slot)
            self._clauses_of[slot].append(clause)

    def _assign(self, slot: Slot, mask: int, cause: Clause | None) -> None:
        self._steps_of[slot].append(len(self._steps))
        self._steps.append(_Step(slot, mask, self._level, cause))
        before = self._now[slot]
        self._now[slot] = mask
        if self._level == 1:
            self._for_good[slot] = mask
        # It became required, or its last choice went: its place in the order changed.
        if not mask & 1 and slot not in self.decided and (before & 1 or not mask & (mask - 1)):
            self._required.add(slot)
            heappush(self._waiting, (self._place(slot), slot))
        self._queue.append(slot)

    # ---- deciding ------------------------------------------------------------------------

    def _place(self, slot: Slot) -> tuple[int, int]:
        mask = self._now[slot]
        return (Band.FORCED if not mask & (mask - 1) else self._band[slot], self._met[slot])

    def _next_slot(self) -> Slot | None:
        waiting = self._waiting
        while waiting:
            place, slot = waiting[0]
            if slot not in self._required or slot in self.decided:
                heappop(waiting)
                continue
            now = self._place(slot)
            if now == place:
                return slot
            heappop(waiting)
            heappush(waiting, (now, slot))
        return None

    def _decide(self, slot: Slot) -> None:
        value = self._problem.choose(slot, self._now[slot], self.decided)
        if (slot, value) not in self._asked:
            if self._problem.is_costly(slot, value):
                culprit = self._held_down_by(slot)
                if culprit is not None:
                    self._demote(culprit)
                    return
            self._asked.add((slot, value))
            if self._learn_demands(slot, value):
                # The value cannot stand: propagation will take it out of the domain.
                self._queue.append(slot)
                return
        self._level += 1
        self.decided[slot] = value
        self._assign(slot, 1 << value, None)

    def _learn_demands(self, slot: Slot, value: int) -> bool:
        """Add what the value demands; say whether one of the demands refuses it already."""
        is_refused = False
        now = self._now
        for clause in self._problem.clauses(slot, value):
            self._add(clause)
            others = [term for term in clause.terms if term[0] != slot]
            about = next((mask for other, mask in clause.terms if other == slot), 0)
            if about >> value & 1 and all(now[other] & mask == now[other] for other, mask in others):
                is_refused = True
                self._problem.refused(slot, value, clause)
                for other, _ in others:
                    self._count_refusal(slot, other)
        return is_refused

    def _count_refusal(self, slot: Slot, culprit: Slot) -> None:
        self._quarrels[slot, culprit] = self._quarrels.get((slot, culprit), 0) + 1
        count = self._refusals[slot] = self._refusals.get(slot, 0) + 1
        band = self._band[slot]
        if band is Band.DIRECT and count == _DIRECT_PATIENCE:
            self._move(slot, Band.URGENT)
        elif band in {Band.SEEN, Band.DEMOTED} and count == _PATIENCE:
            self._move(slot, Band.PROMOTED)
        count = self._blame[culprit] = self._blame.get(culprit, 0) + 1
        band = self._band[culprit]
        if (band is Band.DIRECT and count == _DIRECT_PATIENCE) or (band is Band.SEEN and count == _PATIENCE):
            self._to_demote.append(culprit)

    def _move(self, slot: Slot, band: Band) -> None:
        self._band[slot] = band
        if slot in self._required and slot not in self.decided:
            heappush(self._waiting, (self._place(slot), slot))

    def _demote_the_blamed(self) -> None:
        while self._to_demote:
            self._demote(self._to_demote.pop())

    def _demote(self, slot: Slot) -> None:
        """Decide a slot last from now on, and take back what was decided since it was."""
        self._band[slot] = Band.DEMOTED
        if slot in self.decided:
            decision = next(i for i in self._steps_of[slot] if self._steps[i].cause is None)
            self._go_back(self._steps[decision].level - 1)

    def _held_down_by(self, slot: Slot) -> Slot | None:
        """Give the direct slot whose decision is behind what refuses this one again and again.

        Before anything is built for the sake of the rule that direct slots come in file order, that one is
        taken back: of two that exclude each other's newest versions, an old release that has to be built
        is not what anybody means.
        """
        waiting = [
            (other, self._now[other])
            for (refused, other), count in self._quarrels.items()
            if refused == slot and count >= _PATIENCE and self._now[other] != self._full[other]
        ]
        seen: set[tuple[Slot, int]] = set()
        while waiting:
            other, mask = waiting.pop()
            if other == ROOT or (other, mask) in seen:
                continue
            seen.add((other, mask))
            cause = self._steps[self._since(other, mask)].cause
            if cause is None:
                if other != slot and self._band[other] is Band.DIRECT and self._has_choice(other):
                    return other
                continue
            waiting += [term for term in cause.terms if term[0] != other]
            rest = mask | next(part for about, part in cause.terms if about == other)
            if rest != self._full[other]:
                waiting.append((other, rest))
        return None

    def _has_choice(self, slot: Slot) -> bool:
        """Say whether more than one value may still be decided on, other decisions taken back."""
        present = self._for_good[slot] & ~1
        return present & (present - 1) != 0

    def _worst_quarrel(self) -> tuple[Slot, Slot]:
        pairs = sorted(self._quarrels.items(), key=lambda item: (-item[1], item[0]))
        if pairs:
            return pairs[0][0]
        slots = sorted(self._required, key=self.met)
        return slots[0], slots[-1]

    # ---- consequences --------------------------------------------------------------------

    def _propagate(self) -> None:
        """Narrow every domain as far as single clauses tell; learn from what cannot be."""
        now, clauses_of, queue, for_good = self._now, self._clauses_of, self._queue, self._for_good
        while queue:
            popped = queue.pop()
            idle = 0
            for clause in reversed(clauses_of[popped]):
                open_slot = ""
                open_mask = 0
                for slot, mask in clause.terms:
                    left = now[slot]
                    both = left & mask
                    if both == left:
                        continue
                    if not both:
                        if not for_good[slot] & mask:
                            idle += 1
                        break
                    if open_slot:
                        break
                    open_slot, open_mask = slot, mask
                else:
                    if open_slot:
                        self._assign(open_slot, now[open_slot] & ~open_mask, clause)
                        continue
                    self._learn_from(clause)
                    break
            if idle > _MOST_IDLE:
                self._put_idle_away(popped)

    def _put_idle_away(self, slot: Slot) -> None:
        """Look no more at clauses that can never tell anything again: of versions that are out for good."""
        for_good = self._for_good
        live: list[Clause] = []
        idle = self._idle_of.setdefault(slot, [])
        for clause in self._clauses_of[slot]:
            is_live = all(for_good[other] & mask for other, mask in clause.terms)
            (live if is_live else idle).append(clause)
        self._clauses_of[slot] = live

    def _every_clause_of(self, slot: Slot) -> Iterator[Clause]:
        yield from self._idle_of.get(slot, ())
        yield from self._clauses_of.get(slot, ())

    def _learn_from(self, conflict: Clause) -> None:
        self.conflicts += 1
        slots = [slot for slot, _ in conflict.terms if slot != ROOT]
        if len(slots) > 1:
            pair = (slots[0], slots[1])
            self._quarrels[pair] = self._quarrels.get(pair, 0) + 1
        learned = self._analyse(conflict)
        self._queue.clear()
        # After going back exactly one term is open, by construction.
        for slot, mask in learned.terms:
            left = self._now[slot]
            if left & mask != left:
                self._assign(slot, left & ~mask, learned)
                return

    def _since(self, slot: Slot, mask: int) -> int:
        """Give the step since when the slot's domain lies in the mask."""
        steps, of_slot = self._steps, self._steps_of[slot]
        outside = ~mask
        # Domains only narrow from step to step.
        return of_slot[bisect_left(of_slot, True, key=lambda step: not steps[step].mask & outside)]

    def _analyse(self, clause: Clause) -> Clause:
        """Derive from a clause that holds a clause that tells where to go back to, and go there."""
        is_learned = False
        while True:
            if all(slot == ROOT for slot, _ in clause.terms):
                raise NoAnswer(clause)
            last, last_slot, last_mask, other_level = self._last_to_hold(clause)
            step = self._steps[last]
            rest = 0
            if step.cause is not None:
                # What of the term facts before this step must have supplied.
                rest = last_mask | next(mask for slot, mask in step.cause.terms if slot == last_slot)
                if rest == self._full[last_slot]:
                    rest = 0
                else:
                    other_level = max(other_level, self._steps[self._since(last_slot, rest)].level)
            if step.cause is None or other_level < step.level > 1:
                self._go_back(max(other_level, 1))
                if is_learned:
                    self._add(clause)
                return clause
            # On the first level there is nothing to go back to: derive on, down to the project alone.
            clause = _resolve(clause, step.cause, last_slot, rest)
            is_learned = True

    def _last_to_hold(self, clause: Clause) -> tuple[int, Slot, int, int]:
        """Give the step that made the last term hold, that term, and the level of all others."""
        last, last_slot, last_mask, other_level = -1, "", 0, 0
        for slot, mask in clause.terms:
            since = self._since(slot, mask)
            if since > last:
                if last >= 0:
                    other_level = max(other_level, self._steps[last].level)
                last, last_slot, last_mask = since, slot, mask
            else:
                other_level = max(other_level, self._steps[since].level)
        return last, last_slot, last_mask, other_level

    def _go_back(self, level: int) -> None:
        """Undo every step above the level."""
        touched: dict[Slot, None] = {}
        while self._steps and self._steps[-1].level > level:
            slot, _, _, cause = self._steps.pop()
            self._steps_of[slot].pop()
            touched[slot] = None
            if cause is None:
                del self.decided[slot]
        self._level = level
        for slot in touched:
            steps = self._steps_of[slot]
            mask = self._now[slot] = self._steps[steps[-1]].mask if steps else self._full[slot]
            if mask & 1:
                self._required.discard(slot)
            elif slot not in self.decided:
                heappush(self._waiting, (self._place(slot), slot))
        self._queue.clear()


def _resolve(clause: Clause, cause: Clause, slot: Slot, rest: int) -> Clause:
    """Replace a term by what caused it; ``rest`` is the part of it that still needs another reason."""
    terms = {other: mask for other, mask in clause.terms if other != slot}
    for other, mask in cause.terms:
        if other != slot:
            terms[other] = terms[other] & mask if other in terms else mask
    if rest:
        terms[slot] = rest
    return Clause(tuple(terms.items()), None, left=clause, right=cause)
