import { expect, it } from "vitest";
import type { Control } from "../../src/core/event.ts";
import { operatorSettings } from "../../src/core/operator-settings.ts";
import { CoreRig } from "../support/core-rig.ts";

it("tells what operators have set and still holds, by the names they set it by, over a restart too", () => {
  const rig = new CoreRig();
  const settings = (of: CoreRig) => operatorSettings(of.core.config, of.core.risk);
  expect(settings(rig)).toEqual([]);
  const limit = (name: "orderNotionalMax" | "drawdownMax", value: number): Control => ({
    type: "limit",
    name,
    value,
    confirmed: false,
    reason: "look",
  });
  rig.control({ type: "killPart", part: "playbook", index: 0, level: 1, confirmed: false, reason: "look" });
  rig.control(limit("orderNotionalMax", 1500));
  rig.control(limit("drawdownMax", 7));
  // Proposed is not set.
  rig.control(limit("drawdownMax", 8));
  const { risk, breakers } = rig.core.config;
  const { tick, lot } = rig.core.config.directory.instruments[0]!;
  const configured = Math.round(risk.limits[0]!.orderNotionalMax * tick * lot);
  const expected = [
    "kill switch 1 of playbook shield:BTC/USDT",
    `limit orderNotionalMax 1500, configured ${configured}`,
    `limit drawdownMax 7, configured ${breakers.drawdownMax}`,
  ];
  expect(settings(rig)).toEqual(expected);
  expect(settings(CoreRig.restarted(rig, {}))).toEqual(expected);
});
