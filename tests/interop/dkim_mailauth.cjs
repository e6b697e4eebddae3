// Verifies a folder of signed messages with mailauth: dkim_mailauth.cjs FOLDER. Both algorithms; broken messages must not verify.
'use strict';
const fs = require('node:fs');
const path = require('node:path');
const { dkimVerify } = require('mailauth/lib/dkim/verify');

const folder = process.argv[2];
const records = new Map(
  fs.readFileSync(path.join(folder, 'dns.txt'), 'utf8').trim().split('\n').map(line => line.split('\t')));

async function resolver(name, type) {
  const record = type === 'TXT' && records.get(name.replace(/\.$/, ''));
  if (!record) throw Object.assign(new Error(`no ${type} of ${name}`), { code: 'ENOTFOUND' });
  return [record.match(/.{1,255}/g)];
}

// { rsa: 'pass', ed: 'pass' } or what else was found.
async function verdicts(message) {
  const { results } = await dkimVerify(message, { resolver, curTime: '2026-11-20T10:00:00.000Z' });
  const ours = results.filter(result => result.signingDomain === 'example.com');
  return Object.fromEntries(ours.map(result => [result.selector, result.status.result]));
}

function swap(message, at) {
  const copy = Buffer.from(message);
  copy[at] = copy[at] === 0x51 ? 0x52 : 0x51;
  return copy;
}

function broken(message) {
  const copies = [['From', swap(message, message.indexOf('ann@example.com'))]];
  const body = message.indexOf('\r\n\r\n') + 4;
  const letter = message.subarray(body).findIndex(octet => /[0-9A-Za-z]/.test(String.fromCharCode(octet)));
  if (letter >= 0) copies.push(['body', swap(message, body + letter)]);
  const first = message.indexOf('\tb=') + 10;
  copies.push(['b=', swap(swap(message, first), message.indexOf('\tb=', first) + 10)]);
  return copies;
}

async function main() {
  let checked = 0, refused = 0, wrong = 0;
  for (const name of fs.readdirSync(folder).sort()) {
    if (!name.endsWith('.eml')) continue;
    const message = fs.readFileSync(path.join(folder, name));
    checked += 1;
    const found = await verdicts(message);
    if (found.rsa !== 'pass' || found.ed !== 'pass') {
      wrong += 1;
      console.log(`${name}: expected both signatures to verify, found ${JSON.stringify(found)}`);
    }
    for (const [what, copy] of broken(message)) {
      refused += 1;
      const result = await verdicts(copy);
      if (result.rsa !== 'pass' && result.ed !== 'pass') continue;
      wrong += 1;
      console.log(`${name}: an octet of ${what} changed and it still verifies: ${JSON.stringify(result)}`);
    }
  }
  console.log(`mailauth: ${checked} messages, ${2 * checked} signatures, ${refused} broken copies, ${wrong} wrong`);
  process.exit(wrong === 0 && checked > 0 ? 0 : 1);
}

main().catch(error => {
  console.error(error);
  process.exit(1);
});
