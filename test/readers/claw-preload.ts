/**
 * Loaded into the programs before their own code (`--import`): some of their connections ignore the proxy, and none
 * may leave this machine. What is not loopback ends at the port of CLAW_GATE instead, whatever its address.
 */
import dns from "node:dns";
import net from "node:net";

/** Of a range that has been given to nobody yet. The programs would not connect to one that is reserved. */
const NOWHERE = { address: "2d00::7", family: 6 };
const isLocal = (host: unknown): boolean =>
  host === undefined || /^(localhost|127\.[\d.]+|::1|::ffff:127\.[\d.]+|0\.0\.0\.0|::)$/.test(String(host));

type Call = (...args: never[]) => unknown;
const patch = (object: object, name: string, make: (real: Call) => Call): void => {
  const methods = object as Record<string, Call>;
  methods[name] = make(methods[name]!);
};

const found = (options: { all?: boolean } | undefined) => (options?.all ? [NOWHERE] : NOWHERE);
patch(
  dns.promises,
  "lookup",
  (real) => async (host: string, options?: { all?: boolean }) =>
    isLocal(host) ? (real as (...args: unknown[]) => unknown)(host, options) : found(options),
);
patch(dns, "lookup", (real) => (host: string, ...rest: unknown[]) => {
  if (isLocal(host)) return (real as (...args: unknown[]) => unknown)(host, ...rest);
  const done = rest.at(-1) as (error: null, ...found: unknown[]) => void;
  const options = rest.length > 1 ? (rest[0] as { all?: boolean }) : undefined;
  return setImmediate(() => (options?.all ? done(null, [NOWHERE]) : done(null, NOWHERE.address, NOWHERE.family)));
});

patch(net.Socket.prototype, "connect", (real) => {
  return function connect(this: net.Socket, ...args: unknown[]) {
    // Node's own callers hand over the arguments in one list.
    const [first, ...rest] = (Array.isArray(args[0]) ? args[0] : args) as unknown[];
    const given = (typeof first === "object" && first !== null ? first : { port: first, host: rest[0] }) as {
      host?: string;
      path?: string;
    };
    if (given.path !== undefined || isLocal(given.host)) return Reflect.apply(real, this, args as never[]);
    const { lookup: _lookup, ...options } = given as Record<string, unknown>;
    const gate = { ...options, host: "127.0.0.1", port: Number(process.env["CLAW_GATE"]) };
    const heard = [...rest].filter((argument) => typeof argument === "function");
    return Reflect.apply(real, this, [gate, ...heard] as never[]);
  };
});
