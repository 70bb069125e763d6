/** What the last operators of a traced network make of its logits: {@code TracedEnding}. */
@org.jspecify.annotations.NullMarked
package dev.lapidary.torchscript.ending;
