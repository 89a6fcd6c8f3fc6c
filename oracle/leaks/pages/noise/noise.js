// What a page does that does not leak.
const seen = new Map();
const place = document.getElementById('app');
async function noise(n) {
  seen.set(`page-${n % 90}`, { n: n % 90, rows: Array.from({ length: 20 }, (_, i) => ({ i })) });
  const card = document.createElement('article');
  card.innerHTML = `<h2>${n}</h2><ul>${'<li>row</li>'.repeat(10)}</ul>`;
  place.append(card);
  const ending = new AbortController();
  window.addEventListener('scroll', () => card.getBoundingClientRect(), { signal: ending.signal });
  const observer = new ResizeObserver(() => card.offsetWidth);
  observer.observe(card);
  const timer = setInterval(() => card.offsetHeight, 1000);
  await new Promise((resolve) => setTimeout(resolve, 1));
  JSON.parse(JSON.stringify([...seen.values()].slice(0, 20)));
  clearInterval(timer);
  observer.disconnect();
  ending.abort();
  card.remove();
}
