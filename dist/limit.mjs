import { _t as retryAfter } from "./common.mjs";
const MINUTE_MS = 6e4;
function limitWait(answer, now) {
	if (answer.status !== 403 && answer.status !== 429 && answer.status !== 503) return;
	let asked = retryAfter(answer, now);
	if (asked !== void 0) return asked;
	if (answer.headers["x-ratelimit-remaining"] === "0") {
		let reset = Number(answer.headers["x-ratelimit-reset"]) * 1e3;
		return Number.isNaN(reset) ? MINUTE_MS : Math.max(1e3, reset - (answer.date ?? now) + 1e3);
	}
	return answer.status === 429 || /secondary rate limit/i.test(answer.body) ? MINUTE_MS : void 0;
}
export { limitWait };
