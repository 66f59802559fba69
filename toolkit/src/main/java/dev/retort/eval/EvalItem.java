package dev.retort.eval;

import java.util.List;

/**
 * One test item.
 *
 * @param id of its question
 * @param prompt what the model continues
 * @param references accepted answers, at least one
 */
public record EvalItem(String id, String prompt, List<String> references) {

    public EvalItem {
        references = List.copyOf(references);
        if (references.isEmpty()) {
            throw new IllegalArgumentException("item " + id + " has no reference answer");
        }
    }
}
