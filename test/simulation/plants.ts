import type { Plant } from '#test/support/plant.ts';
import { auctionPlants } from './plants/auctions.ts';
import { enginePlants } from './plants/engines.ts';
import { moneyPlants } from './plants/money.ts';
import { pipelinePlants } from './plants/pipeline.ts';

// Bugs of kinds that platforms like this one have had, to show that the simulation would find them.

export const plants: readonly Plant[] = [
  ...pipelinePlants,
  ...enginePlants,
  ...auctionPlants,
  ...moneyPlants,
];

/** Puts the plant into whatever this process loads from now on. */
export async function sow(name: string): Promise<void> {
  const plant = plants.find((one) => one.name === name);
  if (plant === undefined)
    throw new Error(`no plant is called ${name}; there are ${plants.map((one) => one.name).join(', ')}`);
  await plant.sow();
}
