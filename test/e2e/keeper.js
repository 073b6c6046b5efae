// Keeps a subtree in files of a directory, and says when it begins to write them.
import { connect, fileSnapshot } from '@confer/client';

const [url, directory] = process.argv.slice(2);
const snapshot = fileSnapshot(directory, { exclude: ['**/secret'] });
const client = connect(url, { snapshot });
const mirror = client.mirror('/svc');
await mirror.ready();
console.log(`writing ${mirror.size}`);
await client.close();
console.log('written');
