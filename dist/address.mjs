import { t as decoded } from "./userinfo.mjs";
function secretsIn(address) {
	let [, scheme = "", user = ""] = /^([\w+.-]+):\/\/([^/]*)@/.exec(address) ?? [], [, name = "", password = ""] = /^([^:]*):?(.*)$/s.exec(user) ?? [];
	return [password, .../^https?$/i.test(scheme) && (password === "" || name.length >= 16 && /\d/.test(name)) ? [name] : []].flatMap((secret) => [secret, decoded(secret)]);
}
export { secretsIn };
