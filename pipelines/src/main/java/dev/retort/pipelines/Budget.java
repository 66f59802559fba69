package dev.retort.pipelines;

import dev.retort.data.TokenUsage;
import java.io.Serializable;

/**
 * The most that the answers of a job may cost, whether they are paid for now or were before: a job that its budget stopped
 * goes on when the budget is raised.
 *
 * @param tokens of prompts and completions together; null for no limit
 * @param money in the currency of the prices; null for no limit
 * @param pricePrompt of a million tokens of prompts
 * @param priceCompletion of a million tokens of completions
 */
public record Budget(Long tokens, Double money, double pricePrompt, double priceCompletion) implements Serializable {

    private static final double MILLION = 1e6;

    public Budget {
        require(tokens == null || tokens >= 0, "a budget of tokens must not be negative");
        require(money == null || money >= 0, "a budget of money must not be negative");
        require(pricePrompt >= 0 && priceCompletion >= 0, "a price must not be negative");
        require(
                money == null || pricePrompt > 0 || priceCompletion > 0,
                "a budget of money needs prices; give them for a million tokens");
    }

    /** No limit, no prices. */
    public static Budget none() {
        return new Budget(null, null, 0, 0);
    }

    public Budget withTokens(Long most) {
        return new Budget(most, money, pricePrompt, priceCompletion);
    }

    /** With a limit of money at these prices of a million tokens. */
    public Budget withMoney(Double most, double forPrompts, double forCompletions) {
        return new Budget(tokens, most, forPrompts, forCompletions);
    }

    boolean isLimited() {
        return tokens != null || money != null;
    }

    /** What tokens cost. */
    double money(double promptTokens, double completionTokens) {
        return (promptTokens * pricePrompt + completionTokens * priceCompletion) / MILLION;
    }

    /**
     * Tokens, in part or whole.
     *
     * @param prompt of prompts
     * @param completion of completions
     */
    record Cost(double prompt, double completion) {

        static final Cost NONE = new Cost(0, 0);

        /** One sample's share of its request; nothing where the teacher did not say. */
        static Cost share(TokenUsage usage) {
            if (usage == null) {
                return NONE;
            }
            double samples = Math.max(1, usage.samplesInRequest());
            return new Cost(usage.promptTokens() / samples, usage.completionTokens() / samples);
        }

        Cost plus(Cost other) {
            return new Cost(prompt + other.prompt, completion + other.completion);
        }

        Cost minus(Cost other) {
            return new Cost(prompt - other.prompt, completion - other.completion);
        }

        Cost times(double factor) {
            return new Cost(prompt * factor, completion * factor);
        }
    }

    /** Whether this much is within the limits; a hundredth of a token is forgiven, for shares do not add up exactly. */
    boolean allows(Cost cost) {
        double slack = 0.01;
        return (tokens == null || cost.prompt() + cost.completion() <= tokens + slack)
                && (money == null || money(cost.prompt(), cost.completion()) <= money + money(slack, slack));
    }

    private static void require(boolean holds, String message) {
        if (!holds) {
            throw new IllegalArgumentException(message);
        }
    }
}
