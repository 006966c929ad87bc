import { Failure } from "./errors.ts";

/** Any thrown value as a Failure. The text of a foreign error is not trusted to be free of tokens: only its code. */
export function asFailure(error: unknown): Failure {
  if (error instanceof Failure) return error;
  const { code, syscall, name } = (error ?? {}) as { code?: unknown; syscall?: unknown; name?: unknown };
  if (typeof code === "string" && typeof syscall === "string") {
    return new Failure(
      "file-failed",
      `The system refused a file operation (${syscall}: ${code}).`,
      "Check that the home folder and RUNNER_TEMP exist, are writable, and that the disk is not full.",
    );
  }
  return new Failure(
    "unexpected",
    `Something went wrong that should not (${String(name ?? typeof error)}${where(error)}).`,
    "A fault of oauth-creds: please report this line. It holds no secret.",
  );
}

/** The first line of the stack inside our own files: names of functions and chunks, never values. */
function where(error: unknown): string {
  const stack = error instanceof Error ? (error.stack ?? "") : "";
  const frame = /at (?:(?:async )?([\w.$]+) )?\(?[^()\n]*?([\w-]+\.(?:mjs|ts):\d+)/.exec(stack);
  return frame ? ` at ${frame[1] ?? "?"} ${frame[2]}` : "";
}
