const expect = { kind: 'growing_dom', class: /^<li/ };
const feed = document.createElement('ul');
place.append(feed);
function step(n) {
  for (let i = 0; i < 10; i++) {
    const entry = document.createElement('li');
    entry.textContent = `message ${n}.${i}`;
    feed.append(entry);
  }
}
