var LedgerProblem = class extends Error {
	kind;
	sent;
	retryAfterMs;
	wants;
	inFolder;
	constructor(kind, sent, more = {}) {
		super(`the ledger is ${kind}`), this.name = "LedgerProblem", this.kind = kind, this.sent = sent, this.retryAfterMs = more.retryAfterMs, this.wants = more.wants, this.inFolder = more.inFolder ?? !1;
	}
};
export { LedgerProblem as t };
