import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { overloadDetector } from '#write-side/pipeline/overload-detector.ts';

/** So many come at one moment, and so many of them are refused. */
function given() {
  const gauge = overloadDetector();
  const come = (nowMs: number, came: number, refused: number): void => {
    for (let at = 0; at < came; at++) at < refused ? gauge.refused(nowMs) : gauge.cameIn(nowMs);
  };
  return { ...gauge, come };
}

describe('a flood', () => {
  it('is seen at once where it is evident', () => {
    const { come, isOn } = given();
    come(0, 300, 0);
    come(10, 700, 700);
    assert.equal(isOn(10), true);
  });
  it('is seen after half a second where few come', () => {
    const { come, isOn } = given();
    come(0, 30, 25);
    assert.deepEqual([isOn(499), isOn(500)], [false, true]);
  });
  it('is not the crowd of a moment, nor twice what the platform can do', () => {
    const { come, isOn } = given();
    come(0, 450, 0);
    come(450, 150, 150);
    assert.equal(isOn(600), false);
    come(600, 1_000, 500);
    assert.equal(isOn(1_101), false);
  });
  it('lasts through a moment in which the platform stood still', () => {
    const { come, isOn } = given();
    come(0, 1_000, 900);
    come(650, 1_000, 900);
    assert.equal(isOn(651), true);
  });
  it('is over when most find room again, or hardly anybody comes', () => {
    const { come, isOn } = given();
    come(0, 1_000, 900);
    come(500, 100, 50);
    assert.deepEqual([isOn(999), isOn(1_000)], [true, false]);
    come(2_000, 1_000, 900);
    assert.equal(isOn(9_000), false);
  });
  it('does not last because the clock was set back', () => {
    const { come, isOn } = given();
    come(3_600_000, 1_000, 900);
    isOn(0);
    come(100, 60, 0);
    assert.equal(isOn(600), false);
  });
});
