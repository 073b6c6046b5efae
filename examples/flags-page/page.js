/**
 * Shows the flags below /flags as they are now. Two of them do something: `dark` and `banner`. The next visit begins with
 * those of this one, also while the server is away.
 */
import { connect } from '/browser.bundle.js';
import { browserSnapshot } from '/snapshot.bundle.js';

const client = connect(document.documentElement.dataset.confer, {
  client: { name: 'flags-page' },
  snapshot: browserSnapshot('flags-page'),
});
const flags = client.mirror('/flags');
const element = (id) => document.getElementById(id);

function show() {
  const { status, entries } = flags.getSnapshot();
  element('status').textContent = status;
  document.body.classList.toggle('dark', flags.value('/flags/dark') === 'true');
  const banner = flags.value('/flags/banner') ?? '';
  element('banner').hidden = banner === '';
  element('banner').textContent = banner;
  element('flags').replaceChildren(
    ...[...entries.values()].map(({ path, value }) => {
      const item = document.createElement('li');
      item.textContent = `${path.slice('/flags/'.length)}: ${value}`;
      return item;
    }),
  );
}

flags.subscribe(show);
show();
