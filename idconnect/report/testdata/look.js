(() => {
  const rgb = s => (s.match(/[\d.]+/g) || [0, 0, 0, 0]).map(Number);
  const light = c => { const f = c.slice(0, 3).map(v => (v /= 255) <= .04045 ? v / 12.92 : ((v + .055) / 1.055) ** 2.4);
      return .2126 * f[0] + .7152 * f[1] + .0722 * f[2]; };
  const behind = e => { for (; e; e = e.parentElement) { const c = rgb(getComputedStyle(e).backgroundColor); if (c.length < 4 || c[3] === 1) return c;
      if (c[3] > 0) return [NaN, NaN, NaN]; } return [255, 255, 255]; };
  const out = { width: innerWidth, scrolls: document.scrollingElement.scrollWidth, height: document.scrollingElement.scrollHeight,
    faint: [], outside: [], cut: [], headings: [], unfocusable: [], texts: 0, hidden: 0, least: 99 };
  for (const e of document.body.querySelectorAll('*')) {
    if (/^H[1-6]$/.test(e.tagName)) out.headings.push(e.tagName);
    if (e.scrollWidth > e.clientWidth + 1 && getComputedStyle(e).overflowX === 'auto'
      && e.getAttribute('tabindex') !== '0') out.unfocusable.push(e.className);
    if (e.scrollWidth > e.clientWidth + 1 && e.clientWidth > 0 && !['inline', 'contents'].includes(getComputedStyle(e).display))
      out.cut.push(e.tagName + '.' + e.className);
    const own = [...e.childNodes].filter(n => n.nodeType === 3 && n.data.trim());
    if (!own.length) continue;
    if (!e.checkVisibility({contentVisibilityAuto: true})) { out.hidden++; continue; }
    out.texts++;
    const a = light(rgb(getComputedStyle(e).color)), b = light(behind(e));
    const ratio = (Math.max(a, b) + .05) / (Math.min(a, b) + .05);
    out.least = Math.min(out.least, ratio);
    if (!(ratio >= 4.5)) out.faint.push(e.tagName + '.' + e.className + ' ' 
      + own[0].data.trim().slice(0, 30) + ' ' + ratio.toFixed(2));
    const r = document.createRange(); r.selectNodeContents(own[0]);
    for (const box of r.getClientRects()) if ((box.right > innerWidth + .5 || box.left < -.5)) {
      out.outside.push(own[0].data.trim().slice(0, 30)); break; }
  }
  for (const e of document.querySelectorAll('.result')) {
    const box = e.getBoundingClientRect();
    if (!e.checkVisibility() || !box.width || box.left < 0 || box.right > innerWidth + .5) out.cut.push('result ' + e.textContent); }
  out.verdict = getComputedStyle(document.querySelector('h1')).color;
  out.title = document.querySelector('h1').textContent;
  out.scripts = document.scripts.length;
  return out;
})()
