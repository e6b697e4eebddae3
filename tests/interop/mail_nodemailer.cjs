// Sends messages with nodemailer: mail_nodemailer.cjs HOST:PORT CERTIFICATE FOLDER < WISHES
// WISHES is a JSON array of {transport, message, copy}: what nodemailer's createTransport and sendMail take, over ours. Each message is
// composed once; the octets that go out are written to FOLDER/copy. Prints a JSON array of what sendMail said: {accepted, rejected,
// response} or {error, code}.
"use strict";
const fs = require("fs");
const nodemailer = require("nodemailer");
const MailComposer = require("nodemailer/lib/mail-composer");

const [place, certificate, folder] = process.argv.slice(2);
const [host, port] = place.split(":");
const defaults = { host, port: Number(port), secure: false, requireTLS: true,
                   tls: { ca: fs.readFileSync(certificate), servername: "mta1.sender.test" } };

async function send(wish) {
  const transport = nodemailer.createTransport({ ...defaults, ...wish.transport });
  try {
    const composed = new MailComposer({ ...wish.message, newline: "\r\n" }).compile();
    const raw = await composed.build();
    fs.writeFileSync(`${folder}/${wish.copy}`, raw);
    const said = await transport.sendMail({ envelope: wish.message.envelope || composed.getEnvelope(), raw });
    return { accepted: said.accepted, rejected: said.rejected, response: said.response };
  } catch (error) {
    return { error: error.message, code: error.responseCode };
  } finally {
    transport.close();
  }
}

(async () => {
  const wishes = JSON.parse(fs.readFileSync(0, "utf8"));
  console.log(JSON.stringify(await Promise.all(wishes.map(send))));
})();
