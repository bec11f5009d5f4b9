/** Loaded into the IdP process of local mode: it ends when `sso dev` is gone, also when that was killed outright. */
process.once('disconnect', () => process.kill(process.pid, 'SIGTERM'));
process.channel?.unref();
