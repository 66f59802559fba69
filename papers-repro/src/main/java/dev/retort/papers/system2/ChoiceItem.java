package dev.retort.papers.system2;

import java.util.List;

/**
 * A multiple-choice question before any opinion is put into it.
 *
 * @param id its split and row
 * @param question without the options
 * @param choices the options in the order shown; a few questions have one twice
 * @param answer the right option, as it stands in {@code choices}
 */
public record ChoiceItem(String id, String question, List<String> choices, String answer) {

    public ChoiceItem {
        choices = List.copyOf(choices);
        if (!choices.contains(answer)) {
            throw new IllegalArgumentException("answer is not one of the choices");
        }
    }
}
