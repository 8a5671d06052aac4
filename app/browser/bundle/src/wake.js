// Appended to the glue of wasm-bindgen, whose names it uses. Wakes the islands of a page that the server rendered, in
// document order and each after the one around it, as Leptos 0.9 expects (its island_script.js). Nothing waits for it:
// the page works before, and without, and where WebAssembly is switched off.
const wakeIslands = async () => {
    if (typeof WebAssembly === "undefined") return;
    const islands = await import(import.meta.url);
    const module = fetch(new URL(WASM_FILE, import.meta.url), { integrity: WASM_INTEGRITY });
    await __wbg_init({ module_or_path: module });
    hydrate();
    const around = [];
    const walk = async (element) => {
        const tag = element.localName;
        if (tag === "leptos-island") {
            const wake = islands[element.dataset.component];
            around.at(-1)?.();
            if (wake) await wake(element);
            else console.warn(`No island ${element.dataset.component} in this bundle.`);
        }
        if (tag === "leptos-children") around.push(element.$$on_hydrate);
        for (const child of [...element.children]) await walk(child);
        if (tag === "leptos-children") around.pop();
    };
    await walk(document.body);
    document.documentElement.dataset.islands = "awake";
};
const wakeWhenIdle = () => wakeIslands().catch((error) => console.warn("Islands stay asleep:", error));
if ("requestIdleCallback" in window) requestIdleCallback(wakeWhenIdle, { timeout: 2000 });
else setTimeout(wakeWhenIdle, 200);
