// One line of JSON to whoever started us; waiting for what comes by itself.

const PATIENCE = 30_000;
for (const name of ["log", "info", "debug", "warn"]) console[name] = console.error; // answers alone go to stdout

export async function until(look, patience = PATIENCE) {
    const end = Date.now() + patience;
    for (;;) {
        const found = await look();
        if (found) return found;
        if (Date.now() > end) throw new Error(`waited in vain: ${look}`);
        await new Promise((resolve) => setTimeout(resolve, 30));
    }
}

export function tell(what) {
    process.stdout.write(`${JSON.stringify(what)}\n`);
}
