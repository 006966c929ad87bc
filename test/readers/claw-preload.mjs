/**
 * Loaded into the programs before their own code (`--import`): some of their connections ignore the proxy, and none
 * may leave this machine. What is not loopback ends at the port of CLAW_GATE instead, whatever its address.
 *
 * In JavaScript: OpenClaw starts up to twenty processes for a command, and stripping types costs each a quarter of a
 * second.
 */
import dns from "node:dns";
import net from "node:net";

/** Of a range that has been given to nobody yet. The programs would not connect to one that is reserved. */
const NOWHERE = { address: "2d00::7", family: 6 };
const isLocal = (host) =>
  host === undefined || /^(localhost|127\.[\d.]+|::1|::ffff:127\.[\d.]+|0\.0\.0\.0|::)$/.test(String(host));

const patch = (object, name, make) => {
  object[name] = make(object[name]);
};

const found = (options) => (options?.all ? [NOWHERE] : NOWHERE);
patch(
  dns.promises,
  "lookup",
  (real) => async (host, options) => (isLocal(host) ? real(host, options) : found(options)),
);
patch(dns, "lookup", (real) => (host, ...rest) => {
  if (isLocal(host)) return real(host, ...rest);
  const done = rest.at(-1);
  const options = rest.length > 1 ? rest[0] : undefined;
  return setImmediate(() => (options?.all ? done(null, [NOWHERE]) : done(null, NOWHERE.address, NOWHERE.family)));
});

patch(net.Socket.prototype, "connect", (real) => {
  return function connect(...args) {
    // Node's own callers hand over the arguments in one list.
    const [first, ...rest] = Array.isArray(args[0]) ? args[0] : args;
    const given = typeof first === "object" && first !== null ? first : { port: first, host: rest[0] };
    if (given.path !== undefined || isLocal(given.host)) return Reflect.apply(real, this, args);
    const { lookup: _lookup, ...options } = given;
    const gate = { ...options, host: "127.0.0.1", port: Number(process.env["CLAW_GATE"]) };
    const heard = rest.filter((argument) => typeof argument === "function");
    return Reflect.apply(real, this, [gate, ...heard]);
  };
});
