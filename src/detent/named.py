"""Tuples with names (`typing.NamedTuple`) that cost a fifth of that to define. Imports nothing of ours.

A command defines more than a hundred and makes instances of few. The standard library compiles a constructor
for each where it is defined; here it is compiled when the first instance is made, and is the same one then.
Everything else is as there, and `typing` is the judge in the tests. Not for generic ones.
"""

# ruff: noqa: ANN001, ANN002, ANN003, ANN202, ANN204 (who checks types sees those of `typing`)

import sys
from typing import TYPE_CHECKING

# From 3.14 on annotations do not stand in the body of a class.
if TYPE_CHECKING or sys.version_info >= (3, 14):
    from typing import NamedTuple
else:
    from _collections import _tuplegetter

    def _first_new(cls, /, *args, **kwargs):
        """Stand in for the constructor until it is needed."""
        owner = next(base for base in cls.__mro__ if "_fields" in base.__dict__)
        fields = owner._fields
        values = f"({', '.join(fields)}{',' if len(fields) == 1 else ''})"
        head = ", ".join(("_cls", *fields))
        names = {"_new": tuple.__new__, "__builtins__": {}}
        new = eval(f"lambda {head}: _new(_cls, {values})", names)  # noqa: S307 (as `collections` does)
        new.__name__, new.__qualname__ = "__new__", f"{owner.__name__}.__new__"
        new.__defaults__ = tuple(owner._field_defaults.values()) or None
        owner.__new__ = new
        return new(cls, *args, **kwargs)

    @classmethod
    def _make(cls, iterable):
        result = tuple.__new__(cls, iterable)
        if len(result) != len(cls._fields):
            raise TypeError(f"Expected {len(cls._fields)} arguments, got {len(result)}")
        return result

    def _replace(self, /, **changes):
        result = self._make(map(changes.pop, self._fields, self))
        if changes:
            raise ValueError(f"Got unexpected field names: {list(changes)!r}")
        return result

    def _asdict(self):
        return dict(zip(self._fields, self, strict=True))

    def _repr(self):
        fields = (f"{name}={value!r}" for name, value in zip(self._fields, self, strict=True))
        return f"{self.__class__.__name__}({', '.join(fields)})"

    def _getnewargs(self):
        return tuple(self)

    _SHARED = {
        "__slots__": (),
        "__new__": _first_new,
        "__repr__": _repr,
        "__getnewargs__": _getnewargs,
        "_make": _make,
        "_replace": _replace,
        "_asdict": _asdict,
    }

    class _Definition(type):
        """Makes a class of tuples out of a class's body."""

        def __new__(mcs, name, _bases, body):
            fields = tuple(body.get("__annotations__", ()))
            made = {**_SHARED, "_fields": fields, "__match_args__": fields, "_field_defaults": {}}
            for key, value in body.items():
                if key in fields:
                    made["_field_defaults"][key] = value
                else:
                    made[key] = value
            for number, field in enumerate(fields):
                made[field] = _tuplegetter(number, "")
            return type(name, (tuple,), made)

    _BODY = type.__new__(_Definition, "NamedTuple", (), {})

    class _NamedTuple:
        """What stands in a class statement as the one base."""

        def __mro_entries__(self, _bases):
            return (_BODY,)

    NamedTuple = _NamedTuple()

__all__ = ["NamedTuple"]
