/** Asks a provider for flags, each of the client and the provider of a build of its own, and prints what came of it. */
import { WebSocket } from 'ws';

globalThis.WebSocket = WebSocket;
// What pages have, and Node has not.
globalThis.addEventListener ??= () => {};

const [, , clientBuild, flagsBuild, url] = process.argv;
const { connect, ConferError } = await import(clientBuild);
const { ConferWebProvider } = await import(flagsBuild);

const client = connect(url);
await client.set('/flags/theme/color', 'blue');
const provider = new ConferWebProvider(client, '/flags');
await provider.initialize();
const theme = provider.resolveObjectEvaluation('theme', {}).value;
const caught = (work) => {
  try {
    return work();
  } catch (error) {
    return error;
  }
};
const { code } = caught(() => provider.resolveBooleanEvaluation('absent'));
const wrong = caught(() => new ConferWebProvider(client, 'flags'));
await provider.onClose();
await client.close();
console.log(JSON.stringify({ theme, code, isOfOneClass: wrong instanceof ConferError }));
