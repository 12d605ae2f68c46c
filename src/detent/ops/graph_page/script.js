
"use strict";
(() => {
  const data = JSON.parse(document.getElementById("data").textContent);
  const SVG = "http://www.w3.org/2000/svg";
  const $ = (id) => document.getElementById(id);
  const canvas = $("canvas");
  const SIGN = { wheel: "●", sdist: "◐", nothing: "✕" };
  const WORD = { wheel: "wheel", sdist: "built from source", nothing: "nothing to install" };
  const MOST_PATHS = 6, ROW = 27, THIN = 5, PAD = 9, GAP = 40, BOX = 21;

  // ---- the facts, tied together -----------------------------------------------------------------

  const nodes = new Map();
  data.roots.forEach((root) => nodes.set(root.id, { ...root, name: root.id, isRoot: true, gates: [], supplies: [] }));
  data.packages.forEach((one, place) => nodes.set(one.id, { ...one, place }));
  for (const node of nodes.values()) { node.needs = []; node.neededBy = []; }
  for (const edge of data.edges) {
    const from = nodes.get(edge.from), to = nodes.get(edge.to);
    const tie = { from, to, labels: edge.labels, wants: edge.wants };
    from.needs.push(tie);
    to.neededBy.push(tie);
    if (from.isRoot) to.isDirect = true;
  }
  const largest = (one) => one.largest_wheel_bytes ?? one.sdist_bytes;
  const words = new Map(data.packages.map((one) => [one.id,
    `${one.name} ${one.version} ${one.license} ${one.summary}`.toLowerCase()]));

  const state = { query: "", gate: "", target: -1, chosen: null, focused: false };

  function element(tag, attributes = {}, ...children) {
    const made = document.createElement(tag);
    for (const [key, value] of Object.entries(attributes)) {
      if (key === "class") made.className = value; else made.setAttribute(key, value);
    }
    made.append(...children);
    return made;
  }
  function drawn(tag, attributes = {}) {
    const made = document.createElementNS(SVG, tag);
    for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
    return made;
  }
  function bytes(count) {
    if (count === null || count === undefined) return "";
    let amount = count;
    for (const unit of ["B", "KiB", "MiB"]) {
      if (amount < 1024) return `${unit === "B" ? amount : amount.toFixed(1)} ${unit}`;
      amount /= 1024;
    }
    return `${amount.toFixed(1)} GiB`;
  }
  const plural = (count, word) => `${count} ${word}${count === 1 ? "" : "s"}`;

  // ---- which packages are shown -----------------------------------------------------------------

  function isIn(one) {
    if (one.isRoot) return true;
    if (state.gate && !one.gates.includes(state.gate)) return false;
    return state.target < 0 || one.supplies[state.target] !== null;
  }
  function reach(start, way, end) {
    const found = new Set(), waiting = [start];
    while (waiting.length) {
      for (const tie of waiting.pop()[way]) {
        const next = tie[end];
        if (isIn(next) && !found.has(next)) { found.add(next); waiting.push(next); }
      }
    }
    return found;
  }
  function shown() {
    const all = [...nodes.values()].filter(isIn);
    if (!state.focused || !state.chosen) return all;
    const kept = new Set([state.chosen, ...reach(state.chosen, "needs", "to"), ...reach(state.chosen, "neededBy", "from")]);
    return all.filter((one) => kept.has(one));
  }
  const isMatch = (one) => !one.isRoot && state.query.split(/\s+/).every((word) => words.get(one.id).includes(word));

  // ---- where everything stands: layers from left to right ---------------------------------------

  // Edges over several layers run through thin places that all edges to one package share, so that what many
  // need does not fill the drawing with lines. The order in a layer is by the mean of the neighbours' places.
  function arrange(all) {
    const inside = new Set(all), back = new Set(), mark = new Map();
    const ties = new Map(all.map((one) => [one, one.needs.filter((tie) => inside.has(tie.to) && tie.to !== one)]));
    const order = [];
    const starts = [...all].sort((a, b) => (b.isRoot ? 1 : 0) - (a.isRoot ? 1 : 0)
      || a.neededBy.length - b.neededBy.length);
    for (const start of starts) {
      if (mark.has(start)) continue;
      const stack = [[start, 0]];
      mark.set(start, 1);
      while (stack.length) {
        const top = stack[stack.length - 1], list = ties.get(top[0]);
        if (top[1] < list.length) {
          const tie = list[top[1]++], seen = mark.get(tie.to);
          if (seen === 1) back.add(tie);
          else if (!seen) { mark.set(tie.to, 1); stack.push([tie.to, 0]); }
        } else { mark.set(top[0], 2); order.push(top[0]); stack.pop(); }
      }
    }
    order.reverse();
    // What nothing here asks for does not stand beside the project.
    const first = all.some((one) => one.isRoot) ? 1 : 0;
    const depth = new Map(all.map((one) => [one, one.isRoot ? 0 : first]));
    for (const one of order) {
      for (const tie of ties.get(one)) {
        if (!back.has(tie)) depth.set(tie.to, Math.max(depth.get(tie.to), depth.get(one) + 1));
      }
    }
    const layers = [];
    const put = (item, layer) => { (layers[layer] ??= []).push(item); item.layer = layer; return item; };
    const items = new Map(order.map((one) => [one, put({ one, up: [], down: [] }, depth.get(one))]));
    const thin = new Map(), links = new Map(), chains = new Map(), backs = [];
    const link = (a, b) => {
      if (!links.has(a)) links.set(a, new Map());
      const known = links.get(a);
      if (!known.has(b)) { known.set(b, { a, b }); a.down.push(b); b.up.push(a); }
      return known.get(b);
    };
    for (const one of order) {
      for (const tie of ties.get(one)) {
        if (back.has(tie)) { backs.push(tie); continue; }
        const chain = [], end = items.get(tie.to);
        let at = items.get(one);
        for (let layer = depth.get(one) + 1; layer < depth.get(tie.to); layer++) {
          const key = `${tie.to.id}\n${layer}`;
          if (!thin.has(key)) thin.set(key, put({ up: [], down: [] }, layer));
          chain.push(link(at, thin.get(key)));
          at = thin.get(key);
        }
        chain.push(link(at, end));
        chains.set(tie, chain);
      }
    }
    const filled = layers.filter(Boolean);
    filled.forEach((layer) => layer.forEach((item, place) => { item.rank = place; }));
    for (let round = 0; round < 24; round++) {
      const side = round % 2 ? "down" : "up";
      for (const layer of round % 2 ? [...filled].reverse() : filled) {
        for (const item of layer) {
          const near = item[side];
          item.wish = near.length ? near.reduce((sum, other) => sum + other.rank, 0) / near.length : item.rank;
        }
        layer.sort((a, b) => a.wish - b.wish || a.rank - b.rank);
        const scale = 1000 / layer.length;
        layer.forEach((item, place) => { item.rank = place * scale; });
      }
    }
    place(filled, Math.max(16, Math.ceil(Math.sqrt(all.length) * 3.4)));
    stretch(filled);
    return { layers: filled, items, links, chains, backs };
  }

  // A tall layer is folded into several columns; rows are as near to their neighbours as order allows.
  function place(layers, tallest) {
    let x = 0;
    for (const layer of layers) {
      const boxes = layer.filter((item) => item.one);
      const columns = Math.max(1, Math.ceil(boxes.length / tallest));
      const rows = [];
      let row = [], waiting = [];
      const close = () => {
        if (row.length) rows.push({ members: row, size: ROW });
        waiting.forEach((item) => rows.push({ members: [item], size: THIN }));
        row = []; waiting = [];
      };
      for (const item of layer) {
        if (!item.one) { if (row.length) waiting.push(item); else rows.push({ members: [item], size: THIN }); continue; }
        row.push(item);
        if (row.length === columns) close();
      }
      close();
      const widths = [];
      for (const { members } of rows) {
        members.forEach((item, column) => { if (item.one) widths[column] = Math.max(widths[column] || 0, item.one.width); });
      }
      let left = x;
      const lefts = widths.map((width) => { const at = left; left += width + 14; return at; });
      const width = Math.max(left - x - 14, 0);
      let y = 0;
      for (const line of rows) {
        line.y = y + line.size / 2;
        y += line.size;
        line.members.forEach((item, column) => {
          item.y = line.y;
          item.x = item.one ? lefts[column] : x;
          item.right = item.one ? item.x + item.one.width : x + width;
        });
      }
      rows.forEach((line) => { line.y -= y / 2; line.members.forEach((item) => { item.y = line.y; }); });
      layer.rows = rows;
      x += width + GAP + Math.min(44, layer.length * 0.9);
    }
    for (let round = 0; round < 10; round++) {
      for (const layer of round % 2 ? [...layers].reverse() : layers) settle(layer.rows, round % 2 ? ["down"] : ["up"]);
    }
    for (const layer of layers) settle(layer.rows, ["up", "down"]);
  }
  function settle(rows, sides) {
    const blocks = [];
    let offset = 0;
    rows.forEach((line, number) => {
      if (number) offset += (rows[number - 1].size + line.size) / 2;
      line.offset = offset;
      const near = line.members.flatMap((item) => sides.flatMap((side) => item[side]));
      const wish = near.length ? near.reduce((sum, item) => sum + item.y, 0) / near.length : line.y;
      let block = { sum: wish - offset, count: 1, lines: [line] };
      while (blocks.length && blocks[blocks.length - 1].sum / blocks[blocks.length - 1].count > block.sum / block.count) {
        const before = blocks.pop();
        block = { sum: before.sum + block.sum, count: before.count + block.count, lines: [...before.lines, ...block.lines] };
      }
      blocks.push(block);
    });
    for (const block of blocks) {
      for (const line of block.lines) {
        line.y = block.sum / block.count + line.offset;
        line.members.forEach((item) => { item.y = line.y; });
      }
    }
  }

  // Where there is height to spare, rows stand further apart.
  function stretch(layers) {
    const items = layers.flat(), area = canvas.getBoundingClientRect();
    const wide = Math.max(...items.map((item) => item.right)), ys = items.map((item) => item.y);
    const high = Math.max(...ys) - Math.min(...ys) + ROW;
    const factor = Math.min(1.7, (area.height - 130) * wide / (area.width * high || 1));
    if (factor > 1) items.forEach((item) => { item.y *= factor; });
  }

  // ---- drawing ----------------------------------------------------------------------------------

  const measure = document.createElement("canvas").getContext("2d");
  const font = getComputedStyle(document.body).fontFamily;
  for (const node of nodes.values()) {
    // Long names differ at their ends.
    node.label = node.name.length > 29 ? `${node.name.slice(0, 13)}…${node.name.slice(-15)}` : node.name;
    node.short = node.version.length > 14 ? `${node.version.slice(0, 13)}…` : node.version;
    measure.font = `12px ${font}`;
    node.textWidth = measure.measureText(node.label).width;
    measure.font = `10.5px ${font}`;
    node.width = Math.ceil(node.textWidth + (node.short ? 6 + measure.measureText(node.short).width : 0) + 2 * PAD);
  }

  const svg = drawn("svg", { role: "group", "aria-label": "Dependency graph" });
  const world = drawn("g");
  const edgesLayer = drawn("g"), nodesLayer = drawn("g");
  world.append(edgesLayer, nodesLayer);
  svg.append(world);
  canvas.append(svg);
  let layout = null, boxes = new Map(), lines = new Map(), backLines = new Map();

  function curve(x1, y1, x2, y2) {
    const bend = Math.max(24, (x2 - x1) / 2);
    return `M${x1.toFixed(1)} ${y1.toFixed(1)}C${(x1 + bend).toFixed(1)} ${y1.toFixed(1)} ${(x2 - bend).toFixed(1)} ${y2.toFixed(1)} ${x2.toFixed(1)} ${y2.toFixed(1)}`;
  }
  function draw() {
    layout = arrange(shown());
    boxes = new Map(); lines = new Map(); backLines = new Map();
    edgesLayer.replaceChildren(); nodesLayer.replaceChildren();
    for (const known of layout.links.values()) {
      for (const piece of known.values()) {
        const across = piece.b.one ? "" : `L${piece.b.right.toFixed(1)} ${piece.b.y.toFixed(1)}`;
        const path = drawn("path", { class: "edge", d: curve(piece.a.right, piece.a.y, piece.b.x, piece.b.y) + across });
        edgesLayer.append(path);
        lines.set(piece, path);
      }
    }
    for (const tie of layout.backs) {
      const a = layout.items.get(tie.from), b = layout.items.get(tie.to);
      const path = drawn("path", { class: "edge back", d: curve(a.right, a.y, b.x, b.y) });
      edgesLayer.append(path);
      backLines.set(tie, path);
    }
    for (const layer of layout.layers) {
      for (const item of [...layer].sort((a, b) => a.y - b.y)) if (item.one) nodesLayer.append(box(item));
    }
    $("count").textContent = plural([...boxes.keys()].filter((one) => !one.isRoot).length, "package");
    light();
  }
  function box(item) {
    const one = item.one;
    const kind = one.isRoot ? "node root" : one.isDirect ? "node direct" : "node";
    const made = drawn("g", { class: kind, transform: `translate(${item.x.toFixed(1)} ${(item.y - BOX / 2).toFixed(1)})`,
      tabindex: "0", role: "button", "aria-label": `${one.name} ${one.version}` });
    const title = drawn("title");
    title.textContent = one.isRoot ? one.name : `${one.name} ${one.version}${one.summary ? `\n${one.summary}` : ""}`;
    const name = drawn("text", { x: PAD, y: 15 }), version = drawn("text", { class: "v", x: PAD + one.textWidth + 6, y: 15 });
    name.textContent = one.label;
    version.textContent = one.short;
    made.append(title, drawn("rect", { width: one.width, height: BOX, rx: 5 }), name, version);
    made.addEventListener("click", () => { if (!moved) choose(one); });
    made.addEventListener("keydown", (event) => walk(event, item));
    made.addEventListener("focus", () => { if (made.matches(":focus-visible")) reveal(item); });
    boxes.set(one, made);
    return made;
  }

  function light() {
    const chosen = state.chosen && boxes.has(state.chosen) ? state.chosen : null;
    const below = chosen ? reach(chosen, "needs", "to") : new Set();
    const above = chosen ? reach(chosen, "neededBy", "from") : new Set();
    const isLit = Boolean(chosen || state.query);
    world.setAttribute("class", isLit ? "lit" : "");
    for (const [one, made] of boxes) {
      const list = made.classList, isFound = Boolean(state.query) && isMatch(one);
      list.toggle("chosen", one === chosen);
      list.toggle("needs", below.has(one) && one !== chosen);
      list.toggle("needed", above.has(one) && !below.has(one) && one !== chosen);
      list.toggle("match", isFound);
      list.toggle("on", one === chosen || isFound || (!state.query && (below.has(one) || above.has(one))));
    }
    const kinds = new Map();
    const tell = (tie, kind) => {
      const isNear = tie.from === chosen || tie.to === chosen;
      for (const piece of layout.chains.get(tie) ?? []) {
        const path = lines.get(piece);
        if (!kinds.has(path) || isNear) kinds.set(path, [kind, isNear]);
      }
      if (backLines.has(tie)) kinds.set(backLines.get(tie), [kind, isNear]);
    };
    for (const one of [chosen, ...below]) {
      for (const tie of one?.needs ?? []) if (below.has(tie.to)) tell(tie, "needs");
    }
    for (const one of [chosen, ...above]) {
      for (const tie of one?.neededBy ?? []) if (above.has(tie.from)) tell(tie, "needed");
    }
    for (const path of [...lines.values(), ...backLines.values()]) {
      const [kind, isNear] = kinds.get(path) ?? ["", false];
      const list = path.classList;
      list.toggle("on", Boolean(kind)); list.toggle("near", isNear);
      list.toggle("needs", kind === "needs"); list.toggle("needed", kind === "needed");
      if (kind) edgesLayer.append(path);
    }
  }

  // ---- moving about -----------------------------------------------------------------------------

  const view = { x: 0, y: 0, scale: 1 };
  const apply = () => world.setAttribute("transform", `translate(${view.x} ${view.y}) scale(${view.scale})`);
  function bounds() {
    const box = { left: Infinity, right: -Infinity, top: Infinity, bottom: -Infinity };
    for (const item of layout.items.values()) {
      box.left = Math.min(box.left, item.x); box.right = Math.max(box.right, item.right);
      box.top = Math.min(box.top, item.y - BOX); box.bottom = Math.max(box.bottom, item.y + BOX);
    }
    return box;
  }
  function fit(least = 0.1) {
    if (!layout.items.size) return;
    const area = canvas.getBoundingClientRect(), box = bounds();
    const wide = box.right - box.left, high = box.bottom - box.top;
    const scale = Math.min((area.width - 48) / wide, (area.height - 96) / high, 1.25);
    view.scale = Math.max(scale, least);
    const isWider = wide * view.scale > area.width - 48;
    view.x = isWider ? 24 - box.left * view.scale : (area.width - wide * view.scale) / 2 - box.left * view.scale;
    const root = layout.layers[0].find((item) => item.one);
    const middle = high * view.scale > area.height - 96 && root ? root.y : (box.top + box.bottom) / 2;
    view.y = area.height / 2 - middle * view.scale;
    apply();
  }
  function zoom(factor, x, y) {
    const area = canvas.getBoundingClientRect();
    const atX = x === undefined ? area.width / 2 : x - area.left, atY = y === undefined ? area.height / 2 : y - area.top;
    const scale = Math.min(4, Math.max(0.05, view.scale * factor));
    view.x = atX - (atX - view.x) * scale / view.scale;
    view.y = atY - (atY - view.y) * scale / view.scale;
    view.scale = scale;
    apply();
  }
  function reveal(item, zooms = true) {
    const area = canvas.getBoundingClientRect();
    if (zooms && view.scale < 0.55) view.scale = 0.85;
    const left = item.x * view.scale + view.x, right = item.right * view.scale + view.x, y = item.y * view.scale + view.y;
    if (!zooms) {
      // Just far enough: who clicked is looking at it.
      view.x -= Math.max(0, right - area.width + 20) + Math.min(0, left - 20);
      view.y -= Math.max(0, y - area.height + 60) + Math.min(0, y - 60);
    } else if (left < 20 || right > area.width - 20 || y < 60 || y > area.height - 60) {
      view.x = area.width / 2 - (item.x + item.right) / 2 * view.scale;
      view.y = area.height / 2 - item.y * view.scale;
    }
    apply();
  }
  const fingers = new Map();
  let moved = false;
  canvas.addEventListener("wheel", (event) => {
    event.preventDefault();
    const step = event.deltaMode === 1 ? event.deltaY * 16 : event.deltaY;
    zoom(Math.exp(-Math.max(-60, Math.min(60, step)) * 0.006), event.clientX, event.clientY);
  }, { passive: false });
  canvas.addEventListener("pointerdown", (event) => {
    if (!fingers.size) moved = false;
    fingers.set(event.pointerId, [event.clientX, event.clientY]);
  });
  window.addEventListener("pointermove", (event) => {
    const before = fingers.get(event.pointerId);
    if (!before) return;
    const other = [...fingers].find(([id]) => id !== event.pointerId)?.[1];
    if (other) {
      const far = (at) => Math.hypot(at[0] - other[0], at[1] - other[1]) || 1;
      zoom(far([event.clientX, event.clientY]) / far(before), other[0], other[1]);
    } else if (moved || Math.hypot(event.clientX - before[0], event.clientY - before[1]) > 4) {
      view.x += event.clientX - before[0]; view.y += event.clientY - before[1];
      apply();
      canvas.classList.add("dragged");
    } else return;
    moved = true;
    fingers.set(event.pointerId, [event.clientX, event.clientY]);
  });
  for (const kind of ["pointerup", "pointercancel"]) {
    window.addEventListener(kind, (event) => {
      fingers.delete(event.pointerId);
      if (!fingers.size) canvas.classList.remove("dragged");
    });
  }
  canvas.addEventListener("click", (event) => { if (!moved && !event.target.closest(".node")) choose(null); });

  function walk(event, item) {
    const go = { ArrowRight: ["down", 0], ArrowLeft: ["up", 0], ArrowDown: ["", 1], ArrowUp: ["", -1] }[event.key];
    if (event.key === "Enter" || event.key === " ") { event.preventDefault(); choose(item.one); return; }
    if (!go) return;
    event.preventDefault();
    let next;
    if (go[0]) {
      // Through thin places to the nearest package on that side.
      let near = item[go[0]];
      while (near.length && !near.some((other) => other.one)) near = near.flatMap((other) => other[go[0]]);
      next = near.filter((other) => other.one).sort((a, b) => Math.abs(a.y - item.y) - Math.abs(b.y - item.y))[0];
    } else {
      const column = layout.layers.find((layer) => layer.includes(item)).filter((other) => other.one && other.x === item.x)
        .sort((a, b) => a.y - b.y);
      next = column[column.indexOf(item) + go[1]];
    }
    if (next) boxes.get(next.one).focus();
  }

  // ---- the chosen package -----------------------------------------------------------------------

  function paths(one) {
    const found = [];
    const waiting = [[one]];
    // Shortest first; a great many ways are cut off rather than counted.
    for (let steps = 0; waiting.length && found.length < MOST_PATHS && steps < 4000; steps++) {
      const path = waiting.shift();
      for (const tie of path[0].neededBy) {
        if (path.includes(tie.from) || !isIn(tie.from)) continue;
        const longer = [tie.from, ...path];
        if (tie.from.isRoot) { if (found.length < MOST_PATHS) found.push(longer); } else waiting.push(longer);
      }
    }
    return found;
  }
  function jump(one, text) {
    const made = element("button", { type: "button", class: "jump" }, text ?? one.name);
    made.addEventListener("click", () => choose(one, true));
    return made;
  }
  function tied(title, ties, end) {
    if (!ties.length) return [];
    const list = element("ul");
    for (const tie of [...ties].sort((a, b) => a[end].name < b[end].name ? -1 : 1)) {
      const said = [...tie.labels, ...tie.wants].join(" · ");
      const one = tie[end];
      list.append(element("li", {}, jump(one, `${one.name}${one.isRoot ? "" : ` ${one.version}`}`),
        ...(said ? [" ", element("span", { class: "said" }, said)] : [])));
    }
    return [element("h3", {}, `${title} (${ties.length})`), list];
  }
  function platforms(one) {
    if (!data.targets.length) return [];
    const lines = [];
    data.targets.forEach((target, number) => {
      const there = one.supplies[number], last = lines[lines.length - 1];
      const kind = JSON.stringify(there);
      if (last?.platform === target.platform && last.kind === kind) last.pythons.push(target.python);
      else lines.push({ platform: target.platform, pythons: [target.python], kind, there });
    });
    const isWhole = (line) => lines.filter((other) => other.platform === line.platform).length === 1;
    const body = element("tbody");
    for (const line of lines) {
      const { there } = line;
      const sign = there ? element("span", { class: there.supply, "aria-hidden": "true" }, SIGN[there.supply]) : "–";
      body.append(element("tr", {},
        element("td", {}, line.platform + (isWhole(line) ? "" : `, Python ${line.pythons.join(", ")}`)),
        element("td", {}, sign, ` ${there ? WORD[there.supply] : "not needed"}`),
        element("td", { class: "number" }, there ? bytes(there.bytes) : "")));
    }
    return [element("h3", {}, "Platforms"), element("table", {}, body)];
  }
  function web(url, text) { return element("a", { href: url, rel: "noopener noreferrer", target: "_blank" }, text); }
  function facts(one) {
    const list = element("dl");
    const tell = (name, ...value) => { if (value[0]) list.append(element("dt", {}, name), element("dd", {}, ...value)); };
    tell("Licence", one.license || (one.isRoot ? "" : "not told"));
    tell("Uploaded", one.uploaded_at ? `${one.uploaded_at.slice(0, 10)}` : "",
      one.days_older ? ` (${plural(one.days_older, "day")} before the newest here)` : "");
    tell("Largest file", bytes(largest(one)));
    tell("Files", one.isRoot ? "" : [plural(one.wheels, "wheel"), one.has_sdist ? "source" : ""].filter(Boolean).join(", "));
    tell("Where", one.marker);
    tell("From", one.source ? `${one.source.kind === "index" ? "" : `${one.source.kind} `}${one.source.location}` : "");
    tell("Author", one.author);
    tell("Home", one.home ? web(one.home, one.home) : "");
    const more = (one.links ?? []).filter((link) => link.url !== one.home);
    if (more.length) tell("Links", ...more.flatMap((link, number) => [number ? " · " : "", web(link.url, link.label || link.url)]).filter((part, number) => number || part));
    return list;
  }
  function detail() {
    const panel = $("details"), one = state.chosen;
    panel.hidden = !one;
    panel.replaceChildren();
    if (!one) return;
    const close = element("button", { type: "button", class: "close", "aria-label": "Close", title: "Close ( Esc )" }, "✕");
    close.addEventListener("click", () => choose(null));
    panel.append(element("div", { class: "top" },
      element("h2", {}, `${one.name} `, element("span", {}, one.version)), close));
    if (one.summary) panel.append(element("p", {}, one.summary));
    if (!one.isRoot) panel.append(facts(one));
    const ways = one.isRoot ? [] : paths(one);
    if (ways.length) {
      panel.append(element("h3", {}, "Why it is here"));
      for (const way of ways) {
        const line = element("span", { class: "path" });
        way.forEach((step, number) => line.append(...(number ? [" → "] : []), number + 1 < way.length ? jump(step) : step.name));
        panel.append(line);
      }
      if (ways.length === MOST_PATHS) panel.append(element("p", { class: "said" }, "The shortest ways; there may be more."));
    }
    panel.append(...tied("Needs", one.needs.filter((tie) => isIn(tie.to)), "to"),
      ...tied("Needed by", one.neededBy.filter((tie) => isIn(tie.from)), "from"),
      ...(one.isRoot ? [] : platforms(one)));
    panel.scrollTop = 0;
  }
  function choose(one, reveals = false) {
    const was = state.chosen;
    state.chosen = one;
    if (!one) { state.focused = false; $("focus").setAttribute("aria-pressed", "false"); }
    detail();
    for (const row of rows) row.line.classList.toggle("chosen", row.one === one);
    if (was !== one && (state.focused || (was && !one && boxes.size < nodes.size))) { draw(); fit(); } else light();
    if (one && !$("graph").hidden) {
      const item = layout.items.get(one);
      if (item) reveal(item, reveals);
    } else if (reveals && one && one.place !== undefined) $(`p${one.place}`).scrollIntoView({ block: "nearest" });
    history.replaceState(null, "", one && one.place !== undefined ? `#p${one.place}` : "#");
  }

  // ---- the list ---------------------------------------------------------------------------------

  const body = document.querySelector("#list tbody");
  const rows = data.packages.map((one, place) => ({ one: nodes.get(one.id), line: $(`p${place}`) }));
  for (const row of rows) {
    row.line.addEventListener("click", (event) => { if (!event.target.closest("a")) choose(row.one); });
  }
  for (const link of body.querySelectorAll('a[href^="#p"]')) {
    link.addEventListener("click", (event) => {
      event.preventDefault();
      choose(rows[Number(link.getAttribute("href").slice(2))].one, true);
    });
  }
  const size = (one) => state.target < 0 ? largest(one) : one.supplies[state.target]?.bytes;
  const poorest = (number) => (one) => {
    const rank = { nothing: 0, sdist: 1, wheel: 2 };
    const found = one.supplies.filter((there, at) => there && data.targets[at].platform === platformsInOrder[number]);
    return found.length ? Math.min(...found.map((there) => rank[there.supply])) : 3;
  };
  const platformsInOrder = [...new Set(data.targets.map((target) => target.platform))];
  const keys = [(one) => one.name, (one) => one.version, (one) => one.license.toLowerCase() || null, size,
    (one) => one.uploaded_at, (one) => one.neededBy.length, ...platformsInOrder.map((_, number) => poorest(number))];
  const heads = [...document.querySelectorAll("#list thead th")];
  heads.forEach((head, number) => {
    const button = element("button", { type: "button" }, ...head.childNodes);
    head.append(button);
    button.addEventListener("click", () => {
      const isDown = head.getAttribute("aria-sort") === "ascending" || (number === 3 && !head.hasAttribute("aria-sort"));
      heads.forEach((other) => other.removeAttribute("aria-sort"));
      head.setAttribute("aria-sort", isDown ? "descending" : "ascending");
      sort(keys[number], isDown ? -1 : 1);
    });
  });
  function sort(key, way) {
    const compare = new Intl.Collator("en", { numeric: true }).compare;
    const worth = new Map(rows.map((row) => [row, key(row.one) ?? null]));
    rows.sort((a, b) => {
      const x = worth.get(a), y = worth.get(b);
      if (x === null || y === null) return (x === null) - (y === null) || a.one.place - b.one.place;
      return way * (typeof x === "number" ? x - y : compare(x, y)) || a.one.place - b.one.place;
    });
    body.append(...rows.map((row) => row.line));
  }
  function filterRows() {
    let count = 0;
    for (const row of rows) {
      row.line.hidden = !isIn(row.one) || (state.query && !isMatch(row.one));
      count += row.line.hidden ? 0 : 1;
      const told = bytes(size(row.one));
      if (row.line.cells[3].textContent !== told) row.line.cells[3].textContent = told;
    }
    return count;
  }

  // ---- controls ---------------------------------------------------------------------------------

  function say(count) {
    $("count").textContent = state.query ? `${plural(count, "package")} found` : plural(count, "package");
  }
  function search() {
    state.query = $("search").value.trim().toLowerCase();
    light();
    say(filterRows());
  }
  function filter() {
    state.gate = $("gate").value;
    state.target = Number($("target").value);
    if (state.chosen && !isIn(state.chosen)) state.chosen = null;
    detail();
    draw();
    fit();
    say(filterRows());
  }
  function options(select, all, named) {
    select.append(element("option", { value: all[0] }, all[1]));
    named.forEach(([value, text]) => select.append(element("option", { value }, text)));
    select.parentElement.hidden = !named.length;
    select.addEventListener("change", filter);
  }
  options($("gate"), ["", "everything"], data.gates.map((gate) => [gate, gate]));
  options($("target"), ["-1", "all"], data.targets.map((target, number) =>
    [String(number), `${target.platform}${target.python ? `, Python ${target.python}` : ""}`]));
  const tabs = ["graph", "list"];
  function open(name) {
    for (const tab of tabs) {
      $(tab).hidden = tab !== name;
      $(`tab-${tab}`).setAttribute("aria-selected", String(tab === name));
      $(`tab-${tab}`).tabIndex = tab === name ? 0 : -1;
    }
    if (name === "graph" && !view.isReady) { view.isReady = true; fit(canvas.clientWidth < 700 ? 0.65 : 0.42); }
    if (state.chosen) choose(state.chosen, true);
  }
  tabs.forEach((name, number) => {
    $(`tab-${name}`).addEventListener("click", () => open(name));
    $(`tab-${name}`).addEventListener("keydown", (event) => {
      if (event.key !== "ArrowLeft" && event.key !== "ArrowRight") return;
      open(tabs[1 - number]);
      $(`tab-${tabs[1 - number]}`).focus();
    });
  });
  $("zoom-in").addEventListener("click", () => zoom(1.3));
  $("zoom-out").addEventListener("click", () => zoom(1 / 1.3));
  $("fit").addEventListener("click", () => fit());
  function focus() {
    if (!state.chosen) return;
    state.focused = !state.focused;
    $("focus").setAttribute("aria-pressed", String(state.focused));
    draw();
    fit();
  }
  $("focus").addEventListener("click", focus);
  $("search").addEventListener("input", search);
  $("search").addEventListener("keydown", (event) => {
    if (event.key !== "Enter" || !state.query) return;
    const found = rows.map((row) => row.one).filter((one) => isIn(one) && isMatch(one));
    const rank = (one) => one.name === state.query ? 0 : one.name.startsWith(state.query) ? 1 : one.name.includes(state.query) ? 2 : 3;
    found.sort((a, b) => rank(a) - rank(b));
    if (found.length) { $("search").value = ""; search(); choose(found[0], true); }
  });
  document.addEventListener("keydown", (event) => {
    const isTyping = event.target.closest("input, select");
    if (event.key === "Escape") {
      if (state.query) { $("search").value = ""; search(); } else choose(null);
      return;
    }
    if (isTyping || event.ctrlKey || event.metaKey || event.altKey) return;
    const act = { "/": () => $("search").focus(), "+": () => zoom(1.3), "=": () => zoom(1.3), "-": () => zoom(1 / 1.3),
      "0": () => fit(), f: focus }[event.key];
    if (act) { event.preventDefault(); act(); }
  });

  document.documentElement.classList.add("js");
  $("bar").hidden = false;
  $("graph").hidden = false;
  $("list").hidden = true;
  $("list").setAttribute("role", "tabpanel");
  draw();
  filterRows();
  const named = /^#p(\d+)$/.exec(location.hash);
  open("graph");
  if (named && rows[Number(named[1])]) choose(nodes.get(data.packages[Number(named[1])].id), true);
})();
