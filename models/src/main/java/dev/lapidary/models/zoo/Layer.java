package dev.lapidary.models.zoo;

/** What can be registered under a name: a module, or the description of one. */
@FunctionalInterface
interface Layer {
  Module module();
}
