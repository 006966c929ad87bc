import { $ as openEnvelope, Nt as isoTime, Pt as possibleTime, kt as Secret, tt as sealEnvelope, vt as parseObject } from "./common.mjs";
import { n as hmac, r as sameBytes, t as derive } from "./derive.mjs";
const COPY = "ocrec1.", PROVIDERS = [
	"anthropic",
	"openai",
	"custom"
], FROM = ["ledger", "envelope"], newRecoveryKey = (random) => new Secret(Buffer.from(random(32)).toString("base64url")), needsCopy = (next, spent) => next.refresh !== void 0 && !next.refresh.equals(spent);
function sealCopy(next, spent, key, site, now, random) {
	let { createCipheriv } = process.getBuiltinModule("node:crypto"), { provider, account, place, label } = site, fields = {
		v: 1,
		provider,
		account,
		place,
		label,
		at: isoTime(now),
		from: key.from,
		kid: kidOf(key),
		of: markOf(key, spent)
	}, header = Buffer.from(JSON.stringify(fields)).toString("base64url"), iv = random(12), cipher = createCipheriv("aes-256-gcm", contentKey(key, spent), iv).setAAD(bound(header)), body = Buffer.concat([cipher.update(sealEnvelope(next, void 0), "utf8"), cipher.final()]), sealed = Buffer.concat([
		iv,
		cipher.getAuthTag(),
		body
	]).toString("base64url");
	return `${COPY}${header}.${proofOf(key, header)}.${sealed}`;
}
function openCopy(text, key, site, spent) {
	let parts = split(text);
	if (typeof parts == "string") return refused(parts);
	let { header, fields, proof, sealed } = parts;
	if (fields.kid !== kidOf(key) || fields.from !== key.from) return refused("other-key");
	if (!sameBytes(proof, proofOf(key, header))) return refused("damaged");
	if (fields.provider !== site.provider) return refused("other-provider");
	if (fields.account !== site.account) return refused("other-account");
	if (fields.place !== site.place) return refused("other-place");
	if (fields.of !== markOf(key, spent)) return refused("other-login");
	let envelope = unseal(sealed, contentKey(key, spent), header);
	if (envelope === void 0) return refused("damaged");
	try {
		let { credential } = openEnvelope(envelope);
		return credential.provider === site.provider ? needsCopy(credential, spent) ? {
			type: "opened",
			credential,
			at: Date.parse(String(fields.at))
		} : refused("no-successor") : refused("damaged");
	} catch {
		return refused("newer-format");
	}
}
function describeCopy(text) {
	let parts = split(text);
	if (typeof parts == "string") return;
	let { provider, account, place, label, from, at } = parts.fields, time = typeof at == "string" ? possibleTime(Date.parse(at)) : void 0;
	if (PROVIDERS.includes(provider) && FROM.includes(from) && time !== void 0) return {
		provider,
		from,
		at: time,
		account: printable(account),
		place: printable(place),
		label: printable(label)
	};
}
const printable = (value) => String(value).replaceAll(/[^\w .,:=/@()-]|::/g, "?").slice(0, 300);
function entryName(key, provider, spent) {
	return `oauth-creds-recovery-v1-${hmac(derive(key, "entry name"), `${provider}\n${spent.reveal()}`).toString("hex").slice(0, 40)}`;
}
function split(text) {
	let [, version, rest] = /^ocrec(\d+)\.(.*)$/s.exec(text.replaceAll(/\s+/g, "")) ?? [];
	if (version === void 0 || rest === void 0) return "not-a-copy";
	if (version !== "1") return "newer-format";
	let [header, proof, body, ...more] = rest.split("."), fields = header && parseObject(Buffer.from(header, "base64url").toString("utf8"));
	if (!header || !fields || fields.v !== 1 || !proof || !body || more.length > 0) return "damaged";
	let sealed = Buffer.from(body, "base64url");
	return sealed.toString("base64url") === body ? {
		header,
		fields,
		proof,
		sealed
	} : "damaged";
}
function unseal(bytes, key, header) {
	let { createDecipheriv } = process.getBuiltinModule("node:crypto");
	try {
		let decipher = createDecipheriv("aes-256-gcm", key, bytes.subarray(0, 12), { authTagLength: 16 }).setAAD(bound(header)).setAuthTag(bytes.subarray(12, 28));
		return Buffer.concat([decipher.update(bytes.subarray(28)), decipher.final()]).toString("utf8");
	} catch {
		return;
	}
}
const bound = (header) => Buffer.from(COPY + header), contentKey = (key, spent) => derive(key, "content", hmac(derive(key, "predecessor"), spent.reveal())), markOf = (key, spent) => hmac(derive(key, "predecessor mark"), spent.reveal()).subarray(0, 8).toString("hex"), kidOf = (key) => derive(key, "key id").subarray(0, 4).toString("hex"), proofOf = (key, header) => hmac(derive(key, "header"), header).subarray(0, 16).toString("base64url"), refused = (why) => ({
	type: "refused",
	why
});
export { newRecoveryKey as a, needsCopy as i, describeCopy as n, openCopy as o, entryName as r, sealCopy as s, COPY as t };
