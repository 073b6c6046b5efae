/** Prints what a server renders of the components, with no client and the entries that it is given. */
import { renderToString } from 'react-dom/server';
import { shop } from './shop.js';

process.stdout.write(renderToString(shop(undefined, JSON.parse(process.argv[2]))));
