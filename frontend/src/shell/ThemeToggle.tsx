import Monitor from "lucide-solid/icons/monitor";
import Moon from "lucide-solid/icons/moon";
import Sun from "lucide-solid/icons/sun";
import { Dynamic } from "solid-js/web";
import { chooseTheme, type Theme, theme } from "../lib/theme";
import { IconButton } from "../ui/IconButton";

const STEPS: Record<Theme, { next: Theme; icon: typeof Sun; label: string }> = {
  system: { next: "light", icon: Monitor, label: "Theme of the device; change to light" },
  light: { next: "dark", icon: Sun, label: "Light theme; change to dark" },
  dark: { next: "system", icon: Moon, label: "Dark theme; change to the device’s" },
};

/** Steps through the themes. */
export function ThemeToggle() {
  const step = () => STEPS[theme()];
  return (
    <IconButton label={step().label} onClick={() => chooseTheme(step().next)}>
      <Dynamic component={step().icon} class="size-4" aria-hidden="true" />
    </IconButton>
  );
}
