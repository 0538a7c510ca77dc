import { createEffect, createSignal, onCleanup } from "solid-js";

const [title, setTitle] = createSignal<string>();
const [section, setSection] = createSignal<string>();

/** The title of the current page, after that of its section if it has some: "Keys · Ada". */
export function pageTitle(): string {
  return [section(), title()].filter(Boolean).join(" · ");
}

/** Sets the title of the current page. */
export function createTitle(read: () => string | undefined) {
  createEffect(() => setTitle(read()));
  createEffect(() => {
    document.title = [pageTitle(), "ProxyPal Server"].filter(Boolean).join(" · ");
  });
}

/** Sets the section of the current page, such as the selected tab, as long as the caller is there. */
export function createSectionTitle(read: () => string | undefined) {
  createEffect(() => setSection(read()));
  onCleanup(() => setSection(undefined));
}
