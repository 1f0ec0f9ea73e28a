// Verifies a usage license with panva's jose and Node's own X.509, and prints its payload.
//     node verify.mjs LICENSE ANCHORS.pem [CERTIFICATE.pem]
// LICENSE holds a compact JWS. The signing key's certificate is written to CERTIFICATE.pem for
// other tools. Exit code 1 with one line where anything does not hold.
import { X509Certificate } from "node:crypto";
import { readFileSync, writeFileSync } from "node:fs";
import { calculateJwkThumbprint, compactVerify, decodeProtectedHeader, exportJWK } from "jose";

const TYP = "chariot-usage-license+jws";

function anchorsOf(pem) {
  const blocks = pem.match(/-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g) ?? [];
  return blocks.map((block) => new X509Certificate(block));
}

function demand(holds, otherwise) {
  if (!holds) throw new Error(otherwise);
}

async function verify(licenseFile, anchorsFile, certificateFile) {
  const jws = readFileSync(licenseFile, "utf8").trim();
  const anchors = anchorsOf(readFileSync(anchorsFile, "utf8"));
  const header = decodeProtectedHeader(jws);
  demand(header.typ === TYP && header.x5c?.length === 1, "the header is no usage license's");

  const certificate = new X509Certificate(Buffer.from(header.x5c[0], "base64"));
  demand(
    anchors.some((root) => root.ca && certificate.checkIssued(root) && certificate.verify(root.publicKey)),
    "the certificate does not chain to an anchor",
  );
  demand(!certificate.ca, "the certificate is a CA's");
  const thumbprint = await calculateJwkThumbprint(await exportJWK(certificate.publicKey));
  demand(thumbprint === header.kid, "kid is not the key's thumbprint");

  const { payload } = await compactVerify(jws, certificate.publicKey, { algorithms: ["EdDSA"] });
  if (certificateFile) writeFileSync(certificateFile, certificate.toString());
  return Buffer.from(payload).toString("utf8");
}

try {
  console.log(await verify(...process.argv.slice(2)));
} catch (error) {
  console.error(`verify: ${error.message}`);
  process.exitCode = 1;
}
