/* The page of docs/browsers.md, which shows parts of it as they stand here. */

// doc: connect
import { connect } from '@confer/client';
import { extras } from '@confer/client/extras';
import { sharedTabs } from '@confer/client/tabs';

const confer = connect(document.body.dataset.server, {
  ...sharedTabs('/tab-worker.js'),
  extras,
});

// doc: react
import { ConferProvider, useConferStatus, useConferValue } from '@confer/client/react';
import { createRoot } from 'react-dom/client';

function Shop() {
  const title = useConferValue('/shop/title');
  const pageSize = useConferValue('/shop/page-size', { parse: true });
  return <h1>{`${title}: ${pageSize + 1} at a time`}</h1>;
}

function Banner() {
  const { staleSince } = useConferStatus();
  if (staleSince === undefined) return null;
  return <p>As of {new Date(staleSince).toLocaleTimeString()}</p>;
}

createRoot(document.querySelector('#root')).render(
  <ConferProvider client={confer} subtree="/shop">
    <Banner />
    <Shop />
  </ConferProvider>,
);
// doc: watch
const seen = [];
for await (const { changes } of confer.watch('/shop')) {
  seen.push(...changes.map(({ path }) => path));
  document.title = seen.join(' ');
}
// doc: end
