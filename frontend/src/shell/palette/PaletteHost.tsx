import { createSignal, lazy, onCleanup, onMount, Show, Suspense } from "solid-js";

const Palette = lazy(() => import("./Palette"));

type PaletteHostProps = { open: boolean; onOpen: () => void; onClose: () => void };

/** Loads the palette on first use, and handles Ctrl K and ⌘ K on every page. */
export function PaletteHost(props: PaletteHostProps) {
  const [isWanted, setWanted] = createSignal(false);
  function onKey(event: KeyboardEvent) {
    if (event.key.toLowerCase() !== "k" || !(event.metaKey || event.ctrlKey)) return;
    event.preventDefault();
    setWanted(true);
    if (props.open) props.onClose();
    else props.onOpen();
  }
  onMount(() => document.addEventListener("keydown", onKey));
  onCleanup(() => document.removeEventListener("keydown", onKey));

  return (
    <Show when={isWanted() || props.open}>
      <Suspense>
        <Palette open={props.open} onClose={props.onClose} />
      </Suspense>
    </Show>
  );
}
