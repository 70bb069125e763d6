/** What a network's last operators make of its logits: {@code Ending}. */
@org.jspecify.annotations.NullMarked
package dev.lapidary.core.ending;
