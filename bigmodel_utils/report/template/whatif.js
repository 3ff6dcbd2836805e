"use strict";
(() => {
  const section = document.querySelector(".whatif-section"), svg = section.querySelector("svg");
  const [answer, second] = [section.querySelector(".answer"), section.querySelector(".second")];
  const inputs = WHATIF.sliders.map((slider) => document.getElementById("w-" + slider.name));
  const moved = new Set();
  const language = () => document.documentElement.lang === "zh" ? "zh" : "en";
  const locale = () => ({ en: "en-US", zh: "zh-CN" })[language()];
  const say = (key, values = {}) => WHATIF.texts[key][language()].replace(/\{(\w+)\}/g, (_, name) => values[name]);

  const formats = {};  // a formatter takes longer to make than a picture to draw: each is made once
  const format = (value, shape) => {
    const key = language() + JSON.stringify(shape);
    return (formats[key] ??= new Intl.NumberFormat(locale(), shape)).format(value);
  };
  const decimals = () => language() === "zh" ? 2 : 1;  // of what is shortened: 亿 is coarser than a million
  const money = (value) => {
    const small = Math.abs(value) < 10000, whole = Math.abs(value) >= 100 || (Math.abs(value) >= 10 && value % 1 === 0), digits = small ? (whole ? 0 : 2) : decimals();
    return format(small ? value : +value.toPrecision(3), { style: "currency", currency: "USD", currencyDisplay: language() === "zh" ? "name" : "symbol", notation: small ? "standard" : "compact",
      minimumFractionDigits: small ? digits : 0, maximumFractionDigits: digits }).replace(/^-/, "−");
  };
  const number = (value, spec) => {
    if (spec === "money") return money(value);
    const digits = +(spec.match(/\d$/) || [0])[0];
    const shape = spec.startsWith("percent") ? { style: "percent", maximumFractionDigits: Math.max(1, digits) }
      : spec === "compact" && Math.abs(value) >= 10000 ? { notation: "compact", maximumFractionDigits: decimals() } : { maximumFractionDigits: digits };
    return format(value, shape);
  };
  const chosen = (place) => {
    const slider = WHATIF.sliders[place];
    return moved.has(place) ? slider.low + (slider.high - slider.low) * inputs[place].value / WHATIF.steps : slider.start;
  };

  const count = WHATIF.draws.count, months = WHATIF.months, columns = Object.entries(WHATIF.draws.inputs);
  const drawn = Array.from({ length: count }, (_, draw) =>
    Object.fromEntries(columns.map(([name, column]) => [name, typeof column === "number" ? column : column[draw]])));
  const npv = new Float64Array(count), paths = Array.from({ length: months + 1 }, () => new Float64Array(count));
  const at = (values, share) => values[Math.round(share * (count - 1))];
  const futures = (fixed) => {
    for (let draw = 0; draw < count; draw++) {
      const x = { ...drawn[draw], ...fixed }, cash = venture.monthly_cash(x, months);
      npv[draw] = venture.net_present_value(cash, x.discount_rate);
      for (let month = 0, sum = 0; month <= months; month++) paths[month][draw] = sum += cash[month];
    }
    for (const values of [npv, ...paths]) values.sort();
    return { gain: npv.filter((value) => value > 0).length / count, npv: at(npv, .5),
      low: paths.map((values) => at(values, .1)), mid: paths.map((values) => at(values, .5)), high: paths.map((values) => at(values, .9)) };
  };
  const base = futures({});
  let now;  // what the picture shows

  const compute = () => {
    const fixed = {};
    for (const place of moved) fixed[WHATIF.sliders[place].name] = chosen(place);
    const found = moved.size ? futures(fixed) : base;
    const probability = Math.min(1, Math.max(0, WHATIF.probability + found.gain - base.gain));
    const verdict = probability >= WHATIF.go ? "go" : probability < WHATIF.stop ? "stop" : "wait";
    const anchored = (band) => found[band].map((value, month) => value + WHATIF.cash[band][month] - base[band][month]);
    const mid = anchored("mid"), back = mid.findIndex((value, month) => month > 0 && value >= 0);
    return { low: anchored("low"), mid, high: anchored("high"), probability, verdict, back, value: WHATIF.npv + found.npv - base.npv, change: found.npv - base.npv };
  };

  const ticks = (low, high) => {
    const rough = (high - low) / 4, power = 10 ** Math.floor(Math.log10(rough)), step = [1, 2, 2.5, 5, 10].find((s) => s * power >= rough) * power;
    const found = [];
    for (let place = Math.floor(low / step); place <= Math.ceil(high / step); place++) found.push(place * step);
    return found;
  };
  const element = (name, attributes, text) => {
    const made = document.createElementNS("http://www.w3.org/2000/svg", name);
    for (const key in attributes) made.setAttribute(key, attributes[key]);
    if (text !== undefined) made.textContent = text;
    return made;
  };
  let room = 640;  // pixels across, told by the browser: asking for it would lay the page out at every move
  const draw = () => {
    const width = Math.max(300, room), height = 260, wider = language() === "zh" ? 18 : 0, left = 62 + wider, right = 58 + wider, top = 8, bottom = 30;
    const marks = ticks(Math.min(0, ...now.low, ...WHATIF.cash.mid), Math.max(0, ...now.high, ...WHATIF.cash.mid));
    const X = (month) => (left + (width - left - right) * month / months).toFixed(1);
    const Y = (value) => (top + (height - top - bottom) * (marks.at(-1) - value) / (marks.at(-1) - marks[0])).toFixed(1);
    const line = (values) => values.map((value, month) => X(month) + "," + Y(value)).join(" ");
    const parts = marks.flatMap((value) => [
      element("line", { class: value ? "grid" : "axis", x1: left, x2: width - right, y1: Y(value), y2: Y(value) }),
      element("text", { class: "m", x: left - 7, y: +Y(value) + 4, "text-anchor": "end" }, value ? money(value) : "0")]);
    const years = months / 12, stride = width < 460 ? 2 : 1;
    for (let year = 0; year <= years; year += stride)
      parts.push(element("text", { class: "m", x: X(12 * year), y: height - 8, "text-anchor": "middle" }, year ? say("year", { year }) : say("start")));
    parts.unshift(element("polygon", { fill: now.value < 0 ? "var(--warn-soft)" : "var(--accent-soft)", points: line(now.high) + " " + now.low.map((value, month) => X(month) + "," + Y(value)).reverse().join(" ") }));
    if (moved.size) parts.push(element("polyline", { class: "base", points: line(WHATIF.cash.mid) }));
    const group = element("g", { class: now.value < 0 ? "loss" : "" });
    group.append(element("polyline", { class: "now", points: line(now.mid) }));
    parts.push(group, element("text", { x: +X(months) + 7, y: +Y(now.mid.at(-1)) + 4 }, money(now.mid.at(-1))));
    if (now.back > 0) parts.push(element("circle", { class: "dot", cx: X(now.back), cy: Y(0), r: 5 }),
      element("text", { class: "w", x: +X(now.back) - 8, y: +Y(0) - 9, "text-anchor": "end" }, say("month", { month: now.back })));
    svg.setAttribute("viewBox", `0 0 ${width} ${height}`);
    svg.setAttribute("aria-label", say("picture") + " " + second.textContent);
    svg.replaceChildren(...parts);
  };
  const show = () => {
    inputs.forEach((input, place) => {
      const slider = WHATIF.sliders[place], text = number(chosen(place), slider.spec), box = input.closest(".slider");
      box.querySelector("output").textContent = text;
      input.setAttribute("aria-valuetext", text);
      const [low, high] = box.querySelectorAll(".ends span");
      [low.textContent, high.textContent] = [number(slider.low, slider.spec), number(slider.high, slider.spec)];
    });
    now = compute();
    const amount = money(Math.abs(now.change));
    answer.textContent = say("answer", { gain: Math.round(100 * now.probability), verdict: WHATIF.verdicts[now.verdict][language()] });
    const change = say(now.change < 0 ? "less" : "more", { amount });
    second.textContent = [say(moved.size ? "value" : "same", { npv: money(now.value), change }), say(now.back > 0 ? "back" : "never", { month: now.back })].join(language() === "zh" ? "" : " ");
    draw();
  };
  let waiting = false;  // many moves may come between two pictures
  const showSoon = () => {
    if (waiting) return;
    waiting = true;
    requestAnimationFrame(() => { waiting = false; show(); });
  };
  const keep = () => {
    const parts = [language(), ...[...moved].map((place) => WHATIF.sliders[place].name + "=" + inputs[place].value)];
    history.replaceState(null, "", "#" + parts.join("&"));
  };
  const recall = () => {
    for (const part of location.hash.slice(1).split("&")) {
      const [name, value] = part.split("="), place = WHATIF.sliders.findIndex((slider) => slider.name === name);
      if (place >= 0 && /^\d{1,3}$/.test(value)) { inputs[place].value = value; moved.add(place); }
    }
  };
  const starts = inputs.map((input) => input.value);
  inputs.forEach((input, place) => {
    input.addEventListener("input", () => { moved.add(place); showSoon(); });
    input.addEventListener("change", keep);  // at the end of a move: browsers refuse an address that changes too often
  });
  section.querySelector("[data-reset]").addEventListener("click", () => { moved.clear(); inputs.forEach((input, place) => { input.value = starts[place]; }); show(); keep(); });
  document.documentElement.addEventListener("languagechange", show);
  addEventListener("hashchange", () => { recall(); show(); });
  section.hidden = false;
  room = svg.clientWidth;
  recall();
  show();
  new ResizeObserver(([seen]) => { if (room !== seen.contentRect.width) { room = seen.contentRect.width; draw(); } }).observe(svg);
  const between = Object.fromEntries(WHATIF.sliders.map((slider) => [slider.name, slider.low + (slider.high - slider.low) / 3]));
  setTimeout(() => futures(between), 200);  // the browser compiles before the first move, not during it
})();
