var LedgerProblem = class extends Error {
	kind;
	sent;
	retryAfterMs;
	wants;
	constructor(kind, sent, more = {}) {
		super(`the ledger is ${kind}`), this.name = "LedgerProblem", this.kind = kind, this.sent = sent, this.retryAfterMs = more.retryAfterMs, this.wants = more.wants;
	}
};
export { LedgerProblem as t };
