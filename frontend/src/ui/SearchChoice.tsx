import ChevronDown from "lucide-solid/icons/chevron-down";
import {
  createEffect,
  createMemo,
  createSignal,
  createUniqueId,
  For,
  onCleanup,
  onMount,
  Show,
  untrack,
} from "solid-js";
import { t } from "../i18n";
import type { Option } from "./Field";

/** An option, with a detail that distinguishes it from others of the same name. */
export type SearchOption = Option & { detail?: string };

type SearchChoiceProps = {
  label: string;
  /** The label of the empty choice; omit it where a choice is required. */
  all?: string;
  value: string | undefined;
  /** The name of the value, whether or not it is among the options. */
  name: string | undefined;
  /** The options for the text that was typed. */
  options: readonly SearchOption[];
  /** Whether more options match than are offered. */
  hasMore?: boolean;
  isSearching?: boolean;
  /** Fits a form instead of a row of filters. */
  tall?: boolean;
  /** The text that was typed; empty when the list opens or closes. */
  onSearch: (text: string) => void;
  onChoose: (value: string | undefined) => void;
};

const FIELD = "w-full min-w-0 rounded-lg border text-ink text-ellipsis";
const COMPACT = "h-8 border-line-strong/60 bg-panel pl-2 pr-7 text-sm font-medium";
const TALL = "h-9 border-line-strong bg-field pl-3 pr-8";
const LIST_HEIGHT = 288;

/** Where a list fits: below its field, or above it near the end of the window. */
function placeOf(field: HTMLElement) {
  const { left, top, bottom, width } = field.getBoundingClientRect();
  const isBelow = bottom + LIST_HEIGHT < innerHeight || top < innerHeight - bottom;
  const side = isBelow ? { top: `${bottom + 4}px` } : { bottom: `${innerHeight - top + 4}px` };
  const wide = Math.min(Math.max(width, 256), innerWidth - 16);
  const space = Math.min(LIST_HEIGHT, (isBelow ? innerHeight - bottom : top) - 16);
  return {
    ...side,
    left: `${Math.max(8, Math.min(left, innerWidth - wide - 8))}px`,
    width: `${wide}px`,
    "max-height": `${space}px`,
  };
}

/** The state of a choice: whether its list is open, what was typed, and the option that Enter would choose. */
function createSearchState(props: SearchChoiceProps) {
  const [isOpen, setOpen] = createSignal(false);
  const [typed, setTyped] = createSignal("");
  const [place, setPlace] = createSignal(0);
  const options = createMemo((): readonly SearchOption[] =>
    props.all === undefined || typed() !== ""
      ? props.options
      : [{ value: "", label: props.all }, ...props.options],
  );
  const active = () => Math.min(place(), options().length - 1);

  function open() {
    if (isOpen()) return;
    setTyped("");
    setOpen(true);
    const chosen = options().findIndex(({ value }) => value === (props.value ?? ""));
    setPlace(Math.max(0, chosen));
  }
  function close() {
    if (!isOpen()) return;
    setOpen(false);
    setTyped("");
    props.onSearch("");
  }
  function choose(option: SearchOption | undefined) {
    if (!option) return;
    close();
    if (option.value !== (props.value ?? "")) props.onChoose(option.value || undefined);
  }
  function type(text: string) {
    open();
    setTyped(text);
    setPlace(0);
    props.onSearch(text);
  }
  function move(step: number) {
    if (!isOpen()) open();
    else setPlace((active() + step + options().length) % Math.max(1, options().length));
  }
  return { isOpen, typed, options, active, setPlace, open, close, choose, type, move };
}

type SearchState = ReturnType<typeof createSearchState>;

function onKey(event: KeyboardEvent, state: SearchState) {
  // While an input method composes text, keys belong to it.
  if (event.isComposing) return;
  const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
  if (step !== undefined) state.move(step);
  else if (event.key === "Enter" && state.isOpen()) state.choose(state.options()[state.active()]);
  else if (event.key === "Escape" && state.isOpen()) state.close();
  else return;
  // Also Escape closes the list alone, and not the dialog around it.
  event.stopPropagation();
  event.preventDefault();
}

/** A select whose options are searched by typing, for more options than a list can show. */
export function SearchChoice(props: SearchChoiceProps) {
  const id = createUniqueId();
  let field!: HTMLInputElement;
  const state = createSearchState(props);
  const shown = () => (state.isOpen() ? state.typed() : (props.name ?? props.value ?? ""));
  const activeId = () =>
    state.isOpen() && state.options().length > 0 ? `${id}-${state.active()}` : undefined;
  createEffect(() => {
    const known = activeId();
    if (known) document.getElementById(known)?.scrollIntoView?.({ block: "nearest" });
  });

  return (
    <div class={`relative min-w-0 ${props.tall ? "" : "sm:w-44"}`}>
      <input
        ref={field}
        type="text"
        role="combobox"
        aria-label={props.label}
        aria-expanded={state.isOpen()}
        aria-controls={id}
        aria-autocomplete="list"
        aria-activedescendant={activeId()}
        title={props.name}
        placeholder={state.isOpen() ? (props.name ?? t("common.typeToSearch")) : props.all}
        value={shown()}
        autocomplete="off"
        spellcheck={false}
        onFocus={(event) => event.currentTarget.select()}
        onClick={() => state.open()}
        onInput={(event) => state.type(event.currentTarget.value)}
        onKeyDown={(event) => onKey(event, state)}
        onBlur={() => state.close()}
        class={`${FIELD} ${props.tall ? TALL : COMPACT}`}
      />
      <ChevronDown
        class={`pointer-events-none absolute right-2 size-4 text-muted ${props.tall ? "top-2.5" : "top-2"}`}
        aria-hidden="true"
      />
      <Show when={state.isOpen()}>
        <OptionList
          id={id}
          label={props.label}
          field={field}
          options={state.options()}
          active={state.active()}
          value={props.value ?? ""}
          isSearching={props.isSearching ?? false}
          hasMore={props.hasMore ?? false}
          onHover={state.setPlace}
          onChoose={state.choose}
        />
      </Show>
    </div>
  );
}

type OptionListProps = {
  id: string;
  label: string;
  field: HTMLElement;
  options: readonly SearchOption[];
  active: number;
  value: string;
  isSearching: boolean;
  hasMore: boolean;
  onHover: (place: number) => void;
  onChoose: (option: SearchOption) => void;
};

/** The options, above everything else: panels clip what is in them. */
function OptionList(props: OptionListProps) {
  const [place, setPlace] = createSignal(placeOf(untrack(() => props.field)));
  const follow = () => setPlace(placeOf(props.field));
  onMount(() => {
    addEventListener("scroll", follow, true);
    addEventListener("resize", follow);
  });
  onCleanup(() => {
    removeEventListener("scroll", follow, true);
    removeEventListener("resize", follow);
  });
  const note = () => {
    if (props.isSearching) return t("common.searching");
    if (props.options.length === 0) return t("common.noResults");
    return props.hasMore ? t("common.typeForMore") : undefined;
  };
  return (
    // biome-ignore lint/a11y/noStaticElementInteractions: nothing is done, it only keeps the focus
    <div
      // The field keeps the focus, and with it the list stays open.
      onMouseDown={(event) => event.preventDefault()}
      style={place()}
      class="fixed z-50 overflow-y-auto rounded-xl border border-line bg-raised p-1 shadow-raised"
    >
      <div id={props.id} role="listbox" aria-label={props.label}>
        <For each={props.options}>
          {(option, index) => (
            // The field handles the keyboard and names the active option.
            // biome-ignore lint/a11y/useKeyWithClickEvents: see above
            // biome-ignore lint/a11y/useFocusableInteractive: see above
            <div
              id={`${props.id}-${index()}`}
              role="option"
              aria-selected={option.value === props.value}
              onMouseMove={() => props.onHover(index())}
              onClick={() => props.onChoose(option)}
              class={`flex cursor-pointer items-baseline gap-2 rounded-lg px-2.5 py-1.5 text-sm ${
                index() === props.active ? "bg-hover" : ""
              } ${option.value === props.value ? "font-semibold" : ""}`}
            >
              <span class="truncate">{option.label}</span>
              <Show when={option.detail}>
                <span class="min-w-0 truncate text-muted">{option.detail}</span>
              </Show>
            </div>
          )}
        </For>
      </div>
      <p role="status" class={note() ? "px-2.5 py-1.5 text-sm text-muted" : "sr-only"}>
        {note()}
      </p>
    </div>
  );
}

type LocalChoiceProps = Pick<SearchChoiceProps, "label" | "all" | "value" | "tall" | "onChoose"> & {
  options: readonly SearchOption[];
  /** An option for the text that was typed, besides those that match. */
  other?: (text: string) => SearchOption | undefined;
};

const MOST = 100;

/** A searched choice among options that the page has. */
export function LocalChoice(props: LocalChoiceProps) {
  const [typed, setTyped] = createSignal("");
  const found = createMemo(() => {
    const wanted = typed().trim().toLowerCase();
    return props.options.filter(({ label }) => label.toLowerCase().includes(wanted));
  });
  const options = () => {
    const other = typed().trim() && props.other?.(typed().trim());
    return other ? [other, ...found().slice(0, MOST)] : found().slice(0, MOST);
  };
  return (
    <SearchChoice
      label={props.label}
      all={props.all}
      value={props.value}
      name={props.options.find(({ value }) => value === props.value)?.label}
      options={options()}
      hasMore={found().length > MOST}
      tall={props.tall}
      onSearch={setTyped}
      onChoose={props.onChoose}
    />
  );
}
