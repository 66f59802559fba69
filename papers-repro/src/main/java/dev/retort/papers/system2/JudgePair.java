package dev.retort.papers.system2;

import dev.retort.data.Message;
import java.util.List;

/**
 * Two replies to one prompt, of which people ranked one higher.
 *
 * @param id tree number and pair number within the file
 * @param tree the conversation tree it comes from: pairs of one tree are not independent
 * @param context the turns before the prompt, oldest first; empty at the start of a conversation
 * @param prompt the user turn both reply to
 * @param better the reply ranked higher
 * @param worse the reply ranked lower
 */
public record JudgePair(String id, String tree, List<Message> context, String prompt, String better, String worse) {

    public JudgePair {
        context = List.copyOf(context);
    }
}
