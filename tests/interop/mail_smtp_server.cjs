// A receiver by the npm package smtp-server: mail_smtp_server.cjs ADDRESS PORT OPTIONS
// OPTIONS is JSON for its constructor, plus "certificate" and "private_key" (files) and "largest" (octets, answered with 552).
// Prints "ready", then one JSON object a message: {sender, args, recipients, secure, cipher, content (base64)}.
"use strict";
const fs = require("fs");
const { SMTPServer } = require("smtp-server");

const [address, port, text] = process.argv.slice(2);
const { certificate, private_key, largest, ...options } = JSON.parse(text);
if (certificate) Object.assign(options, { cert: fs.readFileSync(certificate), key: fs.readFileSync(private_key) });

const server = new SMTPServer({
  authOptional: true,
  disableReverseLookup: true,
  logger: false,
  ...options,
  onRcptTo(recipient, session, done) {
    const unknown = recipient.address.startsWith("nobody");
    done(unknown ? Object.assign(new Error("5.1.1 no such user"), { responseCode: 550 }) : null);
  },
  onData(stream, session, done) {
    const pieces = [];
    stream.on("data", (piece) => pieces.push(piece));
    stream.on("end", () => {
      const content = Buffer.concat(pieces);
      if (largest && content.length > largest) return done(Object.assign(new Error("5.3.4 too large"), { responseCode: 552 }));
      const { mailFrom, rcptTo } = session.envelope;
      console.log(JSON.stringify({ sender: mailFrom && mailFrom.address, args: mailFrom && mailFrom.args, recipients: rcptTo.map((each) => each.address),
                                   secure: session.secure, cipher: session.tlsOptions && session.tlsOptions.name,
                                   content: content.toString("base64") }));
      done(null, "2.0.0 kept");
    });
  },
});
server.on("error", (error) => console.error(String(error)));
server.listen(Number(port), address, () => console.log("ready"));
process.on("SIGTERM", () => process.exit(0));
