// The least that a program can do which renews a login: one POST over TLS, loaded the cheapest way.
const https = require("node:https");

const body = process.env.BENCH_BODY;
const headers = { "content-type": "application/json", "content-length": String(Buffer.byteLength(body)) };
const request = https.request(process.env.BENCH_URL, { method: "POST", headers, agent: false }, (answer) => {
  let text = "";
  answer.setEncoding("utf8");
  answer.on("data", (part) => (text += part));
  answer.on("end", () => {
    if (answer.statusCode !== 200 || !JSON.parse(text).access_token) process.exitCode = 1;
  });
});
request.end(body);
