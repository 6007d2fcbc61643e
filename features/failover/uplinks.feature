Feature: What a gateway does when its uplinks fail
  The battery that every SMS stack can play: two uplinks, vendor-a and vendor-b, to the same subscribers, and one
  kind of trouble a drill. Play it on several stacks at once with `squall compare --stacks a,b features/failover`.

  Background:
    Given the stack "reference"
    And 20 messages per second

  Scenario: An uplink is killed
    When steady state holds for 15 seconds
    And the link "gateway" to "vendor-a" is down for 20 seconds
    And 45 seconds pass
    Then no accepted message is lost
    And no message is delivered more than once
    And at least 99% of messages are delivered within 60 seconds
    And traffic fails over to "vendor-b" within 15 seconds
    And every final outcome has a receipt

  # Some gateways give a silent connection five minutes before they call it dead.
  Scenario: An uplink freezes
    When steady state holds for 15 seconds
    And the link "gateway" to "vendor-a" goes silent for 330 seconds
    And 45 seconds pass
    Then no accepted message is lost
    And no message is delivered more than once
    And at least 99% of messages are delivered within 60 seconds
    And every final outcome has a receipt

  Scenario: An uplink is bound but slow
    When steady state holds for 15 seconds
    And carrier "vendor-a" answers after 3 seconds for 20 seconds
    And 45 seconds pass
    Then no accepted message is lost
    And no message is delivered more than once
    And at least 99% of messages are delivered within 60 seconds
    And every final outcome has a receipt

  Scenario: An uplink throttles
    When steady state holds for 15 seconds
    And carrier "vendor-a" throttles for 20 seconds
    And 45 seconds pass
    Then no accepted message is lost
    And no message is delivered more than once
    And at least 99% of messages are delivered within 60 seconds
    And traffic fails over to "vendor-b" within 15 seconds
    And every final outcome has a receipt

  Scenario: An uplink's queue is full
    When steady state holds for 15 seconds
    And carrier "vendor-a" answers "queue full" to 50% of messages for 20 seconds
    And 45 seconds pass
    Then no accepted message is lost
    And no message is delivered more than once
    And at least 99% of messages are delivered within 60 seconds
    And every final outcome has a receipt

  Scenario: An uplink refuses some messages for good
    When steady state holds for 15 seconds
    And carrier "vendor-a" answers "rejected" to 20% of messages for 20 seconds
    And 45 seconds pass
    Then no accepted message is lost
    And no message is delivered more than once
    And every final outcome has a receipt

  Scenario: Both uplinks are down
    When steady state holds for 15 seconds
    And the link "gateway" to "vendor-a" is down for 20 seconds
    And at the same time the link "gateway" to "vendor-b" is down for 20 seconds
    And 45 seconds pass
    Then no accepted message is lost
    And no message is delivered more than once
    And at least 99% of messages are delivered within 60 seconds
    And every final outcome has a receipt

  Scenario: The other uplink throttles when it is needed
    When steady state holds for 15 seconds
    And the link "gateway" to "vendor-a" is down for 20 seconds
    And at the same time carrier "vendor-b" throttles for 10 seconds
    And 55 seconds pass
    Then no accepted message is lost
    And no message is delivered more than once
    And at least 99% of messages are delivered within 60 seconds
    And every final outcome has a receipt

  Scenario: The other uplink is slow when it is needed
    When steady state holds for 15 seconds
    And the link "gateway" to "vendor-a" is down for 20 seconds
    And at the same time carrier "vendor-b" answers after 3 seconds for 20 seconds
    And 45 seconds pass
    Then no accepted message is lost
    And no message is delivered more than once
    And at least 99% of messages are delivered within 60 seconds
    And every final outcome has a receipt
