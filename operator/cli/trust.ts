/** The line that makes a machine trust the development CA. It may sign for localhost alone, so little is risked. */
export function trustLines(platform: NodeJS.Platform, file: string): string[] {
  return TRUST[platform]?.(file) ?? [`add ${file} to the certificate authorities of your system`];
}

const quoted = (file: string): string => `'${file.replaceAll("'", "'\\''")}'`;

const TRUST: Partial<Record<NodeJS.Platform, (file: string) => string[]>> = {
  darwin: file => [`security add-trusted-cert -r trustRoot -k ~/Library/Keychains/login.keychain-db ${quoted(file)}`],
  win32: file => [`certutil -user -addstore Root "${file}"`],
  linux: file => [
    `sudo cp ${quoted(file)} /usr/local/share/ca-certificates/sso-development.crt && sudo update-ca-certificates`,
    `certutil -d sql:$HOME/.pki/nssdb -A -t C,, -n sso-development -i ${quoted(file)}   # Chromium; Debian: libnss3-tools`,
  ],
};
