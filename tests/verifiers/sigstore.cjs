// Checks a .tlog-proof with npm's @sigstore/verify, which nobody here wrote.
//
//	node sigstore.cjs NODE_MODULES KEY PROOF RECORD
//
// KEY: name+id+key, as C2SP signed-note writes it. RECORD: the file with the record's bytes.
const { createPublicKey } = require('node:crypto');
const { readFileSync } = require('node:fs');
const { join } = require('node:path');

const [modules, key, proofFile, recordFile] = process.argv.slice(2);
const within = (name) => require(join(modules, '@sigstore/verify/dist/tlog', name));
const { verifyCheckpoint } = within('checkpoint.js');
const { verifyMerkleInclusion } = within('merkle.js');

const [name, id, encoded] = [key.split('+')[0], key.split('+')[1], key.split('+').slice(2).join('+')];
const jwk = { kty: 'OKP', crv: 'Ed25519', x: Buffer.from(encoded, 'base64').subarray(1).toString('base64url') };
const log = {
  logID: Buffer.from(id, 'hex'),
  baseURL: name,
  publicKey: createPublicKey({ key: jwk, format: 'jwk' }),
};

const text = readFileSync(proofFile, 'utf8');
const above = text.slice(0, text.indexOf('\n\n')).split('\n');
const at = above.findIndex((line) => line.startsWith('index '));
const entry = {
  canonicalizedBody: readFileSync(recordFile),
  inclusionProof: {
    logIndex: above[at].slice('index '.length),
    hashes: above.slice(at + 1).map((line) => Buffer.from(line, 'base64')),
    checkpoint: { envelope: text.slice(text.indexOf('\n\n') + 2) },
  },
};

try {
  verifyMerkleInclusion(entry, verifyCheckpoint(entry, [log]));
  console.log('accepted');
} catch (error) {
  console.error(`refused: ${error.message}`);
  process.exitCode = 1;
}
