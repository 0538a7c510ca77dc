import ChartColumn from "lucide-solid/icons/chart-column";
import Cpu from "lucide-solid/icons/cpu";
import FlaskConical from "lucide-solid/icons/flask-conical";
import Gauge from "lucide-solid/icons/gauge";
import List from "lucide-solid/icons/list";
import Plug from "lucide-solid/icons/plug";
import Settings from "lucide-solid/icons/settings";
import Users from "lucide-solid/icons/users";

/** Where the navigation leads, in its order. */
export const PLACES = [
  { path: "/", name: "Overview", icon: Gauge },
  { path: "/users", name: "Users", icon: Users },
  { path: "/providers", name: "Providers", icon: Plug },
  { path: "/requests", name: "Requests", icon: List },
  { path: "/usage", name: "Usage", icon: ChartColumn },
  { path: "/playground", name: "Playground", icon: FlaskConical },
  { path: "/engine", name: "Engine", icon: Cpu },
  { path: "/settings", name: "Settings", icon: Settings },
];
