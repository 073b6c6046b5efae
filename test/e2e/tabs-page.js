/** A page of an application whose tabs share a connection. What happened in it is in `said`. */
import { connect } from '@confer/client';
import { sharedTabs } from '@confer/client/tabs';

const { server, worker, isAlone } = JSON.parse(decodeURIComponent(location.hash.slice(1)));
if (isAlone) window.SharedWorker = undefined;
const said = { violations: [], errors: [], statuses: [] };
addEventListener('securitypolicyviolation', ({ violatedDirective }) =>
  said.violations.push(violatedDirective),
);
addEventListener('error', ({ message }) => said.errors.push(message));
const client = connect(server, {
  ...sharedTabs(worker),
  client: { name: 'app' },
  onError: (error) => said.errors.push(String(error)),
});
const mirror = client.mirror('/app');
mirror.on('status', ({ to }) => said.statuses.push(to));
/** Closes a client while it connects, and makes another in the same way. */
const reopen = async () => {
  const options = { ...sharedTabs(worker), client: { name: 'app' } };
  void connect(server, options).close();
  const again = connect(server, options);
  await again.mirror('/app').ready();
};
Object.assign(window, { client, mirror, said, reopen });
