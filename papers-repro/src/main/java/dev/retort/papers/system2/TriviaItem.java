package dev.retort.papers.system2;

import java.util.List;

/**
 * A trivia question before any opinion is put into it.
 *
 * @param id of its row
 * @param question as asked
 * @param aliases the accepted answers
 * @param answer the alias that stands for the right answer in an opinion
 */
public record TriviaItem(String id, String question, List<String> aliases, String answer) {

    public TriviaItem {
        aliases = List.copyOf(aliases);
    }
}
