package dev.lapidary.serve.repository;

/**
 * @param code of the reason, such as {@code golden_check_failed}; empty where there is none
 * @param reason why it is unavailable, or why its latest reload failed; empty where all is well
 */
public record ModelStatus(ModelId id, ModelState state, String code, String reason) {}
