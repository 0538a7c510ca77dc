import { DropdownMenu } from "@kobalte/core/dropdown-menu";
import Check from "lucide-solid/icons/check";
import { createContext, For, type JSX, useContext } from "solid-js";
import type { Option } from "./Field";

const ITEM =
  "flex cursor-default items-center gap-2.5 rounded-md py-1.5 pr-2.5 text-base outline-none data-highlighted:bg-hover data-disabled:opacity-50";

/**
 * Runs the chosen action only after the menu has closed. Run earlier, it would open a dialog during the key
 * press: the same Enter would submit the dialog's form, and the dialog would not know its button.
 */
const MenuContext = createContext<(run: () => void) => void>((run) => run());

/** A button with a menu of actions. */
export function Menu(props: {
  /** The accessible name. */
  label: string;
  trigger: JSX.Element;
  triggerClass: string;
  placement?: "bottom-end" | "bottom-start" | "top-start";
  children: JSX.Element;
}) {
  let chosen: (() => void) | undefined;
  const runChosen = () => {
    const run = chosen;
    chosen = undefined;
    // Kobalte returns the focus to the button afterwards.
    if (run) setTimeout(run);
  };
  return (
    <MenuContext.Provider value={(run) => (chosen = run)}>
      <DropdownMenu placement={props.placement ?? "bottom-end"} gutter={6} modal={false}>
        <DropdownMenu.Trigger type="button" class={props.triggerClass}>
          <span class="sr-only">{props.label}</span>
          {props.trigger}
        </DropdownMenu.Trigger>
        <DropdownMenu.Portal>
          <DropdownMenu.Content
            onCloseAutoFocus={runChosen}
            class="z-50 max-h-(--kb-popper-content-available-height) min-w-52 overflow-y-auto rounded-xl border border-line bg-raised p-1.5 text-ink shadow-raised outline-none"
          >
            {props.children}
          </DropdownMenu.Content>
        </DropdownMenu.Portal>
      </DropdownMenu>
    </MenuContext.Provider>
  );
}

/** One action. */
export function MenuItem(props: {
  danger?: boolean;
  disabled?: boolean;
  onSelect: () => void;
  children: JSX.Element;
}) {
  const choose = useContext(MenuContext);
  return (
    <DropdownMenu.Item
      class={`${ITEM} pl-2.5 ${props.danger ? "text-bad" : ""}`}
      disabled={props.disabled}
      onSelect={() => choose(props.onSelect)}
    >
      {props.children}
    </DropdownMenu.Item>
  );
}

/** A separator. */
export function MenuLine() {
  return <DropdownMenu.Separator class="mx-1 my-1.5 border-line" />;
}

/** A group of radio items. */
export function MenuChoice<Value extends string>(props: {
  label: string;
  value: Value;
  options: readonly (Option & { value: Value })[];
  onChoose: (value: Value) => void;
}) {
  const choose = (value: string) => {
    const chosen = props.options.find((option) => option.value === value);
    if (chosen) props.onChoose(chosen.value);
  };
  return (
    <DropdownMenu.RadioGroup value={props.value} onChange={choose}>
      <DropdownMenu.GroupLabel class="px-2.5 pt-1.5 pb-1 text-xs font-medium text-muted">
        {props.label}
      </DropdownMenu.GroupLabel>
      <For each={props.options}>
        {(option) => (
          <DropdownMenu.RadioItem value={option.value} closeOnSelect={false} class={`${ITEM} pl-8`}>
            <DropdownMenu.ItemIndicator class="absolute -ml-6">
              <Check class="size-4 text-accent-text" aria-hidden="true" />
            </DropdownMenu.ItemIndicator>
            {option.label}
          </DropdownMenu.RadioItem>
        )}
      </For>
    </DropdownMenu.RadioGroup>
  );
}
