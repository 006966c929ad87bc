import { Ct as Failure } from "./common.mjs";
function asFailure(error) {
	if (error instanceof Failure) return error;
	let { code, syscall, name } = error ?? {};
	return typeof code == "string" && typeof syscall == "string" ? new Failure("file-failed", `The system refused a file operation (${syscall}: ${code}).`, "Check that the home folder and RUNNER_TEMP exist, are writable, and that the disk is not full.") : new Failure("unexpected", `Something went wrong that should not (${String(name ?? typeof error)}${where(error)}).`, "A fault of oauth-creds: please report this line. It holds no secret.");
}
function where(error) {
	let stack = error instanceof Error ? error.stack ?? "" : "", frame = /at (?:(?:async )?([\w.$]+) )?\(?[^()\n]*?([\w-]+\.(?:mjs|ts):\d+)/.exec(stack);
	return frame ? ` at ${frame[1] ?? "?"} ${frame[2]}` : "";
}
export { asFailure as t };
