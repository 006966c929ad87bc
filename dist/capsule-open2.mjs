import { F as CAPSULE_VERSION, I as deriveKey } from "./common.mjs";
function readCapsule(world, key, path) {
	let sealed = world.files.read(path);
	if (sealed !== void 0) try {
		return openText(key, sealed);
	} catch {
		return;
	}
}
function openText(key, sealed) {
	let { createDecipheriv } = process.getBuiltinModule("node:crypto"), bytes = Buffer.from(sealed, "base64"), [salt, iv, tag, body] = [
		bytes.subarray(0, 16),
		bytes.subarray(16, 28),
		bytes.subarray(28, 44),
		bytes.subarray(44)
	], decipher = createDecipheriv("aes-256-gcm", deriveKey(key, salt), iv, { authTagLength: 16 }).setAAD(Buffer.from(CAPSULE_VERSION)).setAuthTag(tag);
	return Buffer.concat([decipher.update(body), decipher.final()]).toString("utf8");
}
export { readCapsule as t };
