/**
 * Safeguards of who comes in and of what is written down, which the simulation has not: each is noticed by the test
 * that `by` names, a file and a part of a title.
 */
const GATE = 'server/src/transport/gate.test.ts';
const NETWORKS = 'server/src/transport/networks.test.ts';
const DOOR = 'server/src/door.test.ts';
const CERTIFICATE = 'server/src/tls/certificate.test.ts';
const RENEWAL = 'server/src/tls/renewal.test.ts';
const CLIENTS = 'server/src/transport/client-certificates.test.ts';
const DOORWAY = 'server/src/transport/doorway.test.ts';
const WS = 'server/src/transport/ws.test.ts';
const UWS = 'server/src/transport/uws.test.ts';
const EXCHANGES = 'server/src/transport/exchanges.test.ts';
const PACE = 'server/src/transport/ws-exchange.test.ts';
const STRANGERS = 'server/src/session/strangers.test.ts';
const ATTEMPTS = 'server/src/auth/failed-attempts.test.ts';
const TOKENS = 'server/src/auth/attacks.test.ts';
const ATTACKS = 'server/src/audit/attacks.test.ts';
const READ_OVER = 'server/src/transport/read-over.test.ts';
const CHAIN = 'server/src/audit/chain.test.ts';
const AUDIT = 'server/src/audit/audit.test.ts';
const FAULTS = 'server/src/audit/faults.test.ts';
const WRITTEN = 'server/src/api/auditing.test.ts';
const REQUIRED = 'server/src/api/required-audit.test.ts';

const exchanges = [
  [
    { 'bodies-are-bounded': 'never' },
    WS,
    'is refused with 413 that is longer than it may be, and its connection ends',
  ],
  [
    {
      'shared-room-is-bounded': {
        find: '> this.#bytesMax',
        replace: '> Number.MAX_VALUE',
      },
    },
    'server/src/transport/shared-room.test.ts',
    'room that many share has an end',
  ],
  [{ 'answers-are-bounded-together': 'drop' }, WS, 'make room for who reads'],
  [{ 'unwanted-bodies-are-bounded': 'always' }, READ_OVER, 'reads up to 16 MiB over'],
  [{ 'body-is-read-over-while-it-comes': 'always' }, READ_OVER, 'does not wait for what does not'],
  [
    {
      'kept-connections-leave-room': {
        find: ' || this.waiting >= this.#options.waitingMax / 2',
        replace: '',
      },
    },
    EXCHANGES,
    'keeps connections for another request while half of those that may wait do not',
  ],
  [
    { 'streams-are-connections': 'never' },
    WS,
    'is that for connections, where an answer goes on, and else none is needed',
  ],
  [
    { 'one-request-at-a-time': 'never' },
    WS,
    'end their connection, where one is not answered yet: in two',
  ],
  [
    { 'nothing-is-read-behind-the-last-answer': 'never' },
    WS,
    'reaches nobody, and what stands behind it does not either: two lengths',
  ],
  [
    { 'bodies-come-at-a-pace': 'drop' },
    PACE,
    'takes longer than ten seconds over 160 KiB of a body',
  ],
  [
    { 'nothing-is-read-behind-a-refusal': { becomes: 'write(response, answer, isHead);' } },
    UWS,
    'reaches nobody, and what stands behind it does not either: two lengths',
  ],
  [
    { 'nothing-is-read-behind-the-last-answer-of-uws': { becomes: 'corked();' } },
    UWS,
    'are not read that stand behind an answer which is the last',
  ],
];

const gate = [
  [{ 'headers-are-bounded': 'never' }, GATE, 'with headers of 17 KiB'],
  [{ 'broken-stranger-is-not-waited-for': 'never' }, WS, 'is not kept for a stranger whose first'],
  [{ 'websockets-begin-without-a-body': 'never' }, WS, 'would be a WebSocket and has a body'],
  [{ 'header-comes-once': 'never' }, GATE, 'with two lengths'],
  [{ 'request-names-a-host': 'never' }, GATE, 'without a host'],
  [{ 'methods-are-known': 'never' }, GATE, 'that asks for an echo'],
  [{ 'addresses-are-paths': 'never first' }, GATE, 'for all of a server'],
  [
    { 'addresses-are-paths': 'never last' },
    GATE,
    'with letters in its query that are not escaped',
    'queries-are-escaped',
  ],
  [{ 'bodies-have-one-length': 'never' }, GATE, 'with a length and chunks'],
  [{ 'bodies-have-a-number-for-a-length': 'never' }, GATE, 'with a length that is a sum'],
  [{ 'bodies-have-a-length': 'always' }, GATE, 'with a body in chunks'],
  [{ 'no-token-stands-in-an-address': 'never' }, GATE, 'with a token in its address'],
  [{ 'request-is-for-this-server': 'always' }, GATE, 'of a name that is none of its own'],
  [
    { 'name-stands-for-no-address': { find: 'isIP(name) !== 0', replace: 'true' } },
    GATE,
    'that listens on :: (::) at port 7480, TLS false, is asked as config.lan:7480',
  ],
  [
    {
      'host-is-named-with-its-port': {
        find: '(port ?? (isTls ? 443 : 80)) === own',
        replace: 'true',
      },
    },
    GATE,
    'of another port of its own address',
  ],
  [{ 'page-is-listed': 'always' }, GATE, 'of another page'],
  [
    { 'page-is-listed': { find: 'gate.takesLoopbackPages && ', replace: '' } },
    GATE,
    'of a page of this machine is let in or not',
    'page-of-this-machine-is-none-of-its-own',
  ],
  [{ 'page-is-of-the-server-itself': 'always' }, GATE, 'of another page'],
  [{ 'no-page-comes-across-sites': 'always last' }, GATE, 'across sites'],
  [{ 'scheme-is-what-a-trusted-proxy-says': 'never' }, GATE, 'anybody else, who says as much'],
  [
    { 'address-is-what-a-trusted-proxy-says': 'never last' },
    NETWORKS,
    'is the peer, whatever it says, where no proxy is trusted',
  ],
  [
    { 'address-ends-at-who-is-no-proxy': 'drop' },
    NETWORKS,
    'whose request it is what a client wrote before it',
  ],
  [
    { 'hops-are-bounded': { find: '.slice(-HOPS_MAX)', replace: '' } },
    NETWORKS,
    'in the last hops alone',
  ],
  [
    { 'quoted-name-names-nobody': 'never' },
    'server/src/transport/certificate-name.test.ts',
    'evil.shop',
  ],
  [
    {
      'answers-have-no-line-breaks-of-others': {
        becomes: 'const escaped = (byte: string) => byte;',
      },
    },
    GATE,
    'have of',
  ],
];

const tls = [
  [
    { 'no-stranger-comes-unawares': 'never' },
    DOOR,
    'a server that other machines reach is told that it lacks',
  ],
  [
    { 'network-needs-authentication': 'never' },
    DOOR,
    'a server that other machines reach is told that it lacks',
  ],
  [
    { 'network-needs-tls': 'never' },
    DOOR,
    'a server that other machines reach is told that it lacks',
  ],
  [
    {
      'pages-of-this-machine-only-without-authentication': {
        find: '!at.isAuthOn && ',
        replace: '',
      },
    },
    DOOR,
    'takes no pages but its own once people have to say who they are',
  ],
  [{ 'key-is-private': 'drop' }, CERTIFICATE, 'which strangers can reach'],
  [
    { 'certificate-has-not-expired': 'never' },
    CERTIFICATE,
    'a certificate in files will not do when it has expired',
  ],
  [
    { 'certificate-holds-already': 'never' },
    CERTIFICATE,
    'a certificate in files will not do when it is of a later day',
  ],
  [
    { 'key-is-of-the-certificate': 'never' },
    CERTIFICATE,
    'a certificate in files will not do when it has a key that',
  ],
  [
    { 'certificate-file-is-bounded': 'never' },
    CERTIFICATE,
    'a certificate in files will not do when it is endless',
  ],
  [
    {
      'bad-certificate-is-not-shown': {
        becomes:
          'const next = await readCertificate(tls, clock.now()).catch(() => ({ ...this.#shown, files: { ...this.#shown.files, cert: "" } }));',
      },
    },
    RENEWAL,
    'stays what it was when the new one has expired',
  ],
  [
    { 'shown-is-what-the-listener-took': { find: 'await show(', replace: 'void show(' } },
    RENEWAL,
    'is tried again where the listener could not show it',
  ],
  [
    { 'client-shows-a-certificate': { becomes: 'rejectUnauthorized: false' } },
    CLIENTS,
    'a client that has to show a certificate (attack 35) is',
  ],
  [
    { 'client-certificate-names-somebody': 'always' },
    CLIENTS,
    'a client that has to show a certificate (attack 35) is',
  ],
];

const strangers = [
  [
    { 'strangers-are-bounded': 'always last' },
    DOORWAY,
    'no more inside than may be',
    'strangers-of-a-network-are-bounded',
  ],
  [
    { 'strangers-are-bounded': 'always first' },
    DOORWAY,
    'the doorway lets networks take turns, however many of one',
  ],
  [{ 'networks-take-turns': 'drop' }, DOORWAY, 'lets networks take turns'],
  [{ 'those-who-wait-are-bounded': 'never' }, DOORWAY, 'lets 8,192 wait'],
  [{ 'waiting-has-an-end': 'always' }, DOORWAY, 'refuses who has waited for half a minute'],
  [{ 'silence-makes-room-in-its-network': 'drop' }, DOORWAY, 'two seconds while others wait'],
  [{ 'silence-makes-room-for-other-networks': 'never' }, DOORWAY, 'of the network that has most'],
  [{ 'stranger-has-time': { becomes: 'return true;' } }, DOORWAY, 'two seconds while others wait'],
  [
    { 'room-is-judged-when-it-is-their-turn': 'always' },
    WS,
    'are not more than the connections that there may be when it is their turn',
  ],
  [
    { 'stranger-leaves-no-frame': 'never' },
    'server/src/transport/uws.test.ts',
    'make room once they had their time and others wait',
  ],
  [
    { 'who-waits-sends-nothing': { becomes: "const events = ['error', 'close'] as const;" } },
    WS,
    'are not waited for where one sends what nobody asked for',
  ],
  [{ 'who-is-known-is-in-nobodys-way': 'drop' }, STRANGERS, 'is known as soon as its token is'],
  [{ 'who-waits-for-us-may-stay': 'always' }, STRANGERS, 'ends nobody for the sake of others'],
  [{ 'addresses-of-a-network-count-as-one': 'always' }, DOORWAY, 'one IPv6 network for one'],
  [
    { 'failed-attempts-are-bounded': { becomes: 'return true;' } },
    ATTEMPTS,
    'keep an address out after ten',
  ],
  [
    { 'remembered-addresses-are-bounded': 'never' },
    ATTEMPTS,
    'failed attempts take bounded memory, whatever the number of',
  ],
  [{ 'clock-set-back-forgives': 'drop' }, ATTEMPTS, 'after a clock was set back far'],
  [{ 'who-failed-often-is-not-looked-at': 'never' }, TOKENS, 'after ten failures'],
  [{ 'guess-counts-as-a-failure': 'drop' }, TOKENS, 'after ten failures'],
  [{ 'bad-signature-counts-as-a-failure': 'never' }, ATTEMPTS, 'of signed tokens'],
];

const audit = [
  [
    { 'last-line-vouches-for-the-others': 'drop' },
    CHAIN,
    'lines that are written together 37 have one sum, which the',
  ],
  [
    { 'line-vouches-for-those-before-it': 'drop' },
    ATTACKS,
    'verify 37 names the line of which any character was edited,',
  ],
  [
    { 'line-is-one-line': { becomes: 'return JSON.stringify(text);' } },
    ATTACKS,
    'is one line, whatever',
  ],
  [{ 'lines-have-no-tokens': 'never' }, ATTACKS, 'has no token, wherever somebody put it'],
  [{ 'texts-of-a-line-are-bounded': 'never' }, ATTACKS, 'has an end, however long'],
  [{ 'sum-is-looked-at': 'always last' }, CHAIN, 'name all that one sum is of'],
  [
    { 'first-line-says-what-it-continues': 'always' },
    ATTACKS,
    'names a file that has another number',
  ],
  [{ 'heads-contradict': 'never' }, ATTACKS, 'from the one whose head was kept'],
  [{ 'heads-tell-of-an-end-that-is-gone': 'always' }, ATTACKS, 'names a file that is missing'],
  [{ 'beginning-is-missed': 'always' }, ATTACKS, 'names a file that is missing'],
  [
    { 'broken-chain-is-not-continued': 'never' },
    AUDIT,
    'an audit does not begin on a chain that is broken, and says',
  ],
  [
    { 'half-lines-are-cut-off': 'never' },
    AUDIT,
    'an audit cuts off a last line that is not whole, or zeros,',
  ],
  [
    { 'failed-write-is-cut-off': 'drop' },
    FAULTS,
    'an audit that is required S1 does not keep a line of which',
  ],
  [
    { 'misplaced-file-is-left': 'never' },
    FAULTS,
    'an audit that is required goes on in a new file where its',
  ],
  [
    { 'removal-is-said-before': 'drop' },
    AUDIT,
    'an audit removes files that are old enough, and says so,',
  ],
  [
    { 'required-line-is-on-the-disk': 'never' },
    FAULTS,
    'an audit that is required S1 does not keep a line of which',
  ],
  [
    { 'lost-events-are-said': 'never' },
    FAULTS,
    'an audit that is required 37 refuses what cannot be written',
  ],
  [
    { 'audit-queue-is-bounded': 'never' },
    FAULTS,
    'an audit that is required W10 refuses what comes while too',
  ],
  [
    { 'head-is-on-the-disk-before-it-is-told': 'drop' },
    FAULTS,
    'an audit that is written as well as can be writes nothing',
  ],
  [
    { 'one-server-writes-an-audit': 'never' },
    AUDIT,
    'an audit does not begin where another process writes',
  ],
  [
    { 'denial-is-written-down': 'drop' },
    WRITTEN,
    'an audit as well as can be has who came in vain, and who',
  ],
  [
    { 'failed-login-is-written-down': 'drop' },
    WRITTEN,
    'an audit as well as can be has who came in vain, and who',
  ],
  [
    { 'write-without-a-line-was-not-made-before': 'always' },
    REQUIRED,
    'that nothing was written where it was made before',
  ],
  [
    { 'required-audit-comes-before': 'always' },
    REQUIRED,
    'judges a write by the rights that are there once its line',
  ],
  [
    { 'right-holds-after-the-audit': 'drop' },
    REQUIRED,
    'judges a write by the rights that are there once its line',
  ],
  [
    { 'only-sensitive-reads-are-audited': 'never' },
    WRITTEN,
    'an audit as well as can be has who reads what is sensitive,',
  ],
];

export const doorMutants = [...exchanges, ...gate, ...tls, ...strangers, ...audit].map(
  ([off, file, title, name = Object.keys(off).join(', ')]) => ({ name, off, by: { file, title } }),
);
